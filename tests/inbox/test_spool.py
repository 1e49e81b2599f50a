"""Acknowledged requests are safe: segments that several workers append to, torn ends, sealing in order."""

import json
import logging
import struct
import threading
import time
from pathlib import Path

import pytest
from backports import zstd
from prometheus_client import REGISTRY

from ads_pipeline.inbox import metrics
from ads_pipeline.inbox.committer import Committer, Submission
from ads_pipeline.inbox.sealing import Sealer
from ads_pipeline.inbox.spool import MAGIC, Frame, Spool
from ads_pipeline.landing import FolderStore


def lines(folder: Path) -> list[str]:
    """The lines of all drops in the order in which they landed."""
    drops = sorted(FolderStore(folder).list(), key=lambda drop: (drop.landed_day, drop.landed_at, drop.name))
    return [line for drop in drops for line in zstd.decompress((folder / drop.name).read_bytes()).decode().splitlines()]


def seal(tmp_path: Path) -> list[str]:
    (tmp_path / "landing").mkdir(exist_ok=True)
    Sealer(tmp_path / "spool", FolderStore(tmp_path / "landing"), age=1000, size=1 << 30).close()
    return lines(tmp_path / "landing")


def append(spool: Spool, *texts: str, key: str = "") -> None:
    with spool.locked():
        spool.append([Frame(json.dumps({"key": key}).encode() if key else b"", f"{text}\n".encode()) for text in texts])


def test_two_workers_append_in_turn_and_see_each_others_receipts(tmp_path: Path) -> None:
    one, other = Spool(tmp_path / "spool"), Spool(tmp_path / "spool")
    append(one, "a", key="k1")
    append(other, "b", key="k2")
    append(one, "c")
    with one.locked():
        assert one.close_segment()
    append(other, "d", key="k3")
    with one.locked():
        assert sorted(key for records in one.receipts.values() for key in records) == ["k1", "k2", "k3"]
    assert seal(tmp_path) == ["a", "b", "c", "d"]


def test_receipts_of_segments_that_others_opened_and_closed_are_known(tmp_path: Path) -> None:
    """No segment is open whenever the other worker looks."""
    one = Spool(tmp_path / "spool")
    other = Spool(tmp_path / "spool")
    for number in range(3):
        append(one, "a", key=f"k{number}")
        with one.locked():
            assert one.close_segment()
        for worker in (other, Spool(tmp_path / "spool")):
            with worker.locked():
                assert sorted(key for records in worker.receipts.values() for key in records) == [f"k{n}" for n in range(number + 1)]


def test_a_torn_end_is_cut_off_by_whoever_appends_next(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    append(spool, "a")
    (segment,) = (tmp_path / "spool").glob("*.open")
    torn = Frame(b"", b"never acknowledged\n").packed()
    for length in range(1, len(torn)):
        with segment.open("ab") as file:
            file.write(torn[:length])
        append(Spool(tmp_path / "spool"), f"b{length}")
    append(spool, "c")
    with segment.open("ab") as file:
        file.write(torn[:-1])
    assert seal(tmp_path) == ["a", *(f"b{length}" for length in range(1, len(torn))), "c"]


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


def test_the_lag_grows_while_the_landing_store_fails(tmp_path: Path) -> None:
    append(Spool(tmp_path / "spool"), "a")
    metrics.SEAL_LAG.set(0)  # after another test
    sealer = Sealer(tmp_path / "spool", FolderStore(tmp_path / "none"), age=0, size=1)
    lags, deadline = {0.0}, time.monotonic() + 20
    while len(lags) < 3 and time.monotonic() < deadline:
        time.sleep(0.1)
        lag = REGISTRY.get_sample_value("ads_seal_lag_seconds") or 0
        assert lag >= max(lags)
        lags.add(lag)
    sealer.close()
    assert len(lags) == 3  # none, some, and more


def test_what_a_dead_worker_left_is_sealed_on_start_and_once(tmp_path: Path) -> None:
    append(Spool(tmp_path / "spool"), "a")
    (tmp_path / "landing").mkdir()
    spool = Spool(tmp_path / "spool")
    with spool.locked():
        spool.close_segment()
    (segment,) = spool.closed()
    kept = segment.path.read_bytes()
    assert seal(tmp_path) == ["a"]
    segment.path.write_bytes(kept)  # as if it had died between landing the drop and deleting the segment
    (drop,) = FolderStore(tmp_path / "landing").list()
    assert seal(tmp_path) == ["a"]
    assert [found.etag for found in FolderStore(tmp_path / "landing").list()] == [drop.etag]
    assert spool.closed() == []


def test_drops_land_in_the_order_of_acknowledgement(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    committers = [Committer(tmp_path / "spool", 400) for _ in range(3)]
    sealers = [Sealer(tmp_path / "spool", FolderStore(tmp_path / "landing"), age=0.01, size=400) for _ in range(3)]
    for number in range(600):
        committers[number % 3].commit(Submission(f"{number}\n".encode(), {"status": 202})).result()
    for committer in committers:
        committer.close()
    for sealer in sealers:
        sealer.close()
    assert lines(tmp_path / "landing") == [str(number) for number in range(600)]


def test_the_same_key_from_many_threads_is_kept_once(tmp_path: Path) -> None:
    committers = [Committer(tmp_path / "spool", 1 << 20) for _ in range(2)]
    results = []

    def send(number: int) -> None:
        submission = Submission(b"x\n", {"status": 202, "of": number}, key=f"k{number % 5}", digest="d")
        results.append(committers[number % 2].commit(submission).result())

    threads = [threading.Thread(target=send, args=[number]) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for committer in committers:
        committer.close()
    assert len({(result["key"], result["answer"]["of"]) for result in results}) == 5
    assert seal(tmp_path) == ["x"] * 5


def test_a_segment_is_closed_by_age(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    append(spool, "a")
    with spool.locked():
        assert not spool.close_segment(age=60, size=1 << 20)
        time.sleep(0.05)
        assert spool.close_segment(age=0.05, size=1 << 20)
