"""A damaged segment loses only what is damaged, says so, and is kept; what is left of that can be salvaged."""

import json
import logging
import struct
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from ads_pipeline.inbox.frames import HEADER, MAGIC, Damage, Frame, read_frames
from ads_pipeline.inbox.spool import Spool
from tests.api.conftest import event
from tests.commands import ads
from tests.inbox.spools import append, lines, seal


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
        pytest.param(struct.pack("<II", 12, 7), b"\xff\xff\xff", TEXTS, id="lengths"),
        pytest.param(MAGIC + struct.pack("<II", 12, 7), b"XXXX", TEXTS, id="magic"),
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


def read(path: Path, data: bytes) -> list[Frame | Damage]:
    path.write_bytes(data)
    with path.open("rb") as file:
        return list(read_frames(file.fileno()))


FRAMES = [Frame(b"", b"one\n"), Frame(b'{"key": "k"}', b"two\nand more\n"), Frame(b"", b"x" * 300 + b"\n"), Frame(b"", b"last\n")]


@pytest.mark.parametrize("place", range(len(FRAMES)))
def test_a_changed_byte_in_a_head_costs_nothing_and_one_in_the_lines_that_frame(tmp_path: Path, place: int) -> None:
    packed = [b"".join(frame.pieces()) for frame in FRAMES]
    start = sum(map(len, packed[:place]))
    for offset in range(len(packed[place])):
        for change in (0x01, 0x80, 0xFF):
            data = bytearray(b"".join(packed))
            data[start + offset] ^= change
            items = read(tmp_path / "segment", bytes(data))
            found = [item.frame if isinstance(item, Damage) else item for item in items]
            assert sum(isinstance(item, Damage) for item in items) == 1
            if offset < HEADER.size:
                assert found == FRAMES, (offset, change)
            else:
                assert [frame for frame in found if frame] == FRAMES[:place] + FRAMES[place + 1 :], (offset, change)


def test_what_looks_like_frames_in_lines_takes_no_time(tmp_path: Path) -> None:
    fake = HEADER.pack(MAGIC, 0, 50_000, 1) + b"\n"
    sound = Frame(b"", b"sound\n")
    broken = b"".join(Frame(b"", fake * 20_000 + b"\n").pieces())
    items = read(tmp_path / "segment", MAGIC + b"\xff" * 12 + broken[HEADER.size :] + b"".join(sound.pieces()))
    assert isinstance(items[0], Damage)
    assert len(items[0].data) <= len(broken) + len(b"".join(sound.pieces()))


def test_what_is_left_of_damage_is_salvaged(tmp_path: Path) -> None:
    texts = [json.dumps(event(number, attributes={"a": "{"})) for number in range(4)]
    append(Spool(tmp_path / "spool"), "\n".join(texts[:3]), key="k")
    append(Spool(tmp_path / "spool"), texts[3])
    (segment,) = (tmp_path / "spool").glob("*.open")
    segment.write_bytes(segment.read_bytes().replace(b'"e1"', b'"e\xff"'))  # no event any more
    (tmp_path / "spool" / "notes.txt").write_text("not the spool's")
    (tmp_path / "landing").mkdir()
    checked = ads(tmp_path, "spool", "check", "--json")
    states = [(file["state"], file["requests"], file["damage"]) for file in json.loads(checked.stdout)]
    assert (checked.returncode, states) == (1, [("waiting", 1, 1), ("foreign", 0, 0)])
    salvaged = ads(tmp_path, "spool", "salvage", "--json")
    assert (salvaged.returncode, [one["events"] for one in json.loads(salvaged.stdout)]) == (0, [2]), salvaged.stderr
    assert sorted(lines(tmp_path / "landing")) == sorted([texts[0], texts[2], texts[3]])
    (tmp_path / "spool" / "notes.txt").unlink()
    assert ads(tmp_path, "spool", "check").returncode == 0
    assert list((tmp_path / "spool").glob("*.salvaged"))
