"""Workers append to the same segments, in turn, and cut off what a dead one left unfinished."""

import time
from pathlib import Path

from ads_pipeline.inbox.frames import Frame
from ads_pipeline.inbox.spool import Spool
from tests.inbox.spools import append, seal


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
    torn = b"".join(Frame(b"", b"never acknowledged\n").pieces())
    for length in range(1, len(torn)):
        with segment.open("ab") as file:
            file.write(torn[:length])
        append(Spool(tmp_path / "spool"), f"b{length}")
    append(spool, "c")
    with segment.open("ab") as file:
        file.write(torn[:-1])
    assert seal(tmp_path) == ["a", *(f"b{length}" for length in range(1, len(torn))), "c"]


def test_a_segment_is_closed_by_age(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    append(spool, "a")
    with spool.locked():
        assert not spool.close_segment(age=60, size=1 << 20)
        time.sleep(0.05)
        assert spool.close_segment(age=0.05, size=1 << 20)
