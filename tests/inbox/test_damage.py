"""A damaged segment loses only what is damaged, says so, and is kept."""

import logging
import struct
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from ads_pipeline.inbox.spool import MAGIC, Spool
from tests.inbox.spools import append, seal


def damaged(tmp_path: Path, *texts: str, at: bytes, to: bytes) -> Path:
    """An open segment with a frame for each text, in which some bytes are others."""
    append(Spool(tmp_path / "spool"), *texts, key="k")
    (segment,) = (tmp_path / "spool").glob("*.open")
    data = segment.read_bytes()
    place = data.index(at)
    segment.write_bytes(data[:place] + to + data[place + len(to) :])
    return segment


TEXTS = ["first", "middle", "another", "last"]


@pytest.mark.parametrize(
    ("at", "to", "left"),
    [
        pytest.param(b"middle", b"meddle", ["first", "another", "last"], id="lines"),
        pytest.param(b"first", b"forst", ["middle", "another", "last"], id="first lines"),
        pytest.param(b"last", b"lost", ["first", "middle", "another"], id="last lines"),
        pytest.param(b'{"key": "k"}middle', b"[", ["first", "another", "last"], id="receipt"),
        pytest.param(struct.pack("<II", 12, 7), b"\xff\xff\xff", ["first"], id="lengths"),
        pytest.param(MAGIC + struct.pack("<II", 12, 7), b"XXXX", ["first"], id="magic"),
    ],
)
@pytest.mark.parametrize("closed", [False, True])
def test_damage_costs_what_is_damaged_and_is_told(
    tmp_path: Path, at: bytes, to: bytes, left: list[str], closed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    segment = damaged(tmp_path, *TEXTS, at=at, to=to)
    kept, before = segment.read_bytes(), REGISTRY.get_sample_value("ads_spool_damaged_total") or 0
    if closed:
        segment.rename(segment.with_suffix(".closed"))
    append(Spool(tmp_path / "spool"), "new")
    with caplog.at_level(logging.ERROR):
        assert seal(tmp_path) == [*left, "new"]
    (broken,) = (tmp_path / "spool").glob("*.broken")
    assert broken.read_bytes() == kept
    assert f"{broken} was damaged in 1 places" in caplog.text
    assert REGISTRY.get_sample_value("ads_spool_damaged_total") == before + 1
    assert seal(tmp_path) == [*left, "new"]
