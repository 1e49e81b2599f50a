"""Segments become drops once, in the order of acknowledgement, and are not lost while the landing store fails."""

import os
import time
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from ads_pipeline.inbox import metrics, sealing
from ads_pipeline.inbox.committer import Committer, Submission
from ads_pipeline.inbox.origin import Origin, drop_suffix
from ads_pipeline.inbox.sealing import Sealer
from ads_pipeline.inbox.spool import Spool
from ads_pipeline.landing import FolderStore
from tests.compression import zstd
from tests.inbox.spools import append, lines, seal
from tests.waiting import wait_until


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


def test_each_source_has_a_drop_that_names_the_keys(tmp_path: Path) -> None:
    committer = Committer(tmp_path / "spool", 1 << 30)
    sent = [
        ("1", Origin()),
        ("2", Origin("shop", "b")),
        ("3", Origin("events", "a")),
        ("4", Origin("shop", "a")),
        ("5", Origin("shop", "a")),
    ]
    for text, origin in sent:
        key = "k" if text == "5" else ""
        committer.commit(Submission(f"{text}\n".encode(), {"status": 202}, key=key, origin=origin)).result()
    committer.close()
    assert sorted(seal(tmp_path)) == ["1", "2", "3", "4", "5"]
    drops = {drop.source: drop.name for drop in FolderStore(tmp_path / "landing").list()}
    assert drops["events"].endswith("-a.ndjson.zst")
    assert drops["shop"].endswith("-a+b.ndjson.zst")
    assert zstd.decompress((tmp_path / "landing" / drops["shop"]).read_bytes()) == b"2\n4\n5\n"


def test_the_name_of_a_drop_is_bounded_whoever_sends() -> None:
    assert drop_suffix(set()) == drop_suffix({""}) == ""
    suffix = drop_suffix({f"{number:02}{'x' * 62}" for number in range(40)})
    assert suffix == f"-00{'x' * 62}+39_more"


def set_back(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() - seconds)


@pytest.mark.parametrize("at_the_end", [False, True])
def test_a_clock_that_was_set_back_delays_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_the_end: bool) -> None:
    (tmp_path / "landing").mkdir()
    append(Spool(tmp_path / "spool"), "a")
    set_back(monkeypatch, 86_400)
    sealer = Sealer(tmp_path / "spool", FolderStore(tmp_path / "landing"), age=1000 if at_the_end else 0.5, size=1 << 30)
    if not at_the_end:
        wait_until(lambda: lines(tmp_path / "landing") == ["a"])
    sealer.close()
    assert lines(tmp_path / "landing") == ["a"]


def test_unexpected_files_and_one_that_cannot_be_read_hold_up_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    spool = Spool(tmp_path / "spool")
    names = ["notes.closed", "1.open", "x-y.closed", "0000000000000001-00000000.open.bak"]
    for name in names:
        (spool.folder / name).write_text("not the spool's")
    (spool.folder / "0000000000000001-00000000.closed").mkdir()
    (spool.folder / "0000000000000002-00000000.closed").symlink_to("nowhere")
    append(spool, "a")
    with spool.locked():
        spool.close_segment()
    unreadable = spool.folder / "0000000000000003-00000000.closed"
    unreadable.write_bytes(b"")
    unreadable.chmod(0)
    append(spool, "b")
    assert seal(tmp_path) == ["a", "b"]
    assert {path.name for path in spool.look().foreign} == {*names, "0000000000000001-00000000.closed", "0000000000000002-00000000.closed"}
    assert REGISTRY.get_sample_value("ads_spool_files", {"state": "foreign"}) == 6
    assert "Traceback" not in caplog.text


def test_no_error_ends_the_sealer_and_one_that_has_ended_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "landing").mkdir()
    append(Spool(tmp_path / "spool"), "a")
    failures = [RuntimeError("nobody expected this")] * 3
    put = FolderStore.put

    def failing(store: FolderStore, name: str, file: Path) -> None:
        if failures:
            raise failures.pop()
        put(store, name, file)

    monkeypatch.setattr(FolderStore, "put", failing)
    monkeypatch.setattr(sealing, "PAUSE", 0.05)
    sealer = Sealer(tmp_path / "spool", FolderStore(tmp_path / "landing"), age=0, size=1 << 30)
    wait_until(lambda: lines(tmp_path / "landing") == ["a"])
    assert sealer.trouble() == {}
    sealer.close()
    assert sealer.trouble().keys() == {"the sealer has ended"}


def test_events_that_wait_for_too_long_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "LATE", -1)
    append(Spool(tmp_path / "spool"), "a")
    sealer = Sealer(tmp_path / "spool", FolderStore(tmp_path / "none"), age=0, size=1)
    wait_until(lambda: sealer.trouble().keys() == {"events wait to be sealed"})
    sealer.close()


def test_a_full_disk_is_emptied_by_what_was_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full whenever the ballast stands on it: then neither a drop nor a receipt can be written."""
    (tmp_path / "landing").mkdir()
    ballast, put = tmp_path / "spool" / "ballast", FolderStore.put

    def full(store: FolderStore, name: str, file: Path) -> None:
        if ballast.exists():
            raise OSError(28, os.strerror(28))
        put(store, name, file)

    sealer = Sealer(tmp_path / "spool", FolderStore(tmp_path / "landing"), age=1000, size=1 << 20)
    wait_until(ballast.exists)
    monkeypatch.setattr(FolderStore, "put", full)
    monkeypatch.setattr("ads_pipeline.inbox.ballast.Ballast.is_short", lambda _: True)
    append(Spool(tmp_path / "spool"), "a", key="k")
    sealer.close()
    assert lines(tmp_path / "landing") == ["a"]
    assert not ballast.exists()


def test_a_segment_is_packed_without_room_on_its_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "landing").mkdir()
    append(Spool(tmp_path / "spool"), "a")
    written: list[Any] = []
    put = FolderStore.put

    def look(store: FolderStore, name: str, file: Path) -> None:
        written.extend(path.name for path in (tmp_path / "spool").iterdir())
        put(store, name, file)

    monkeypatch.setattr(FolderStore, "put", look)
    assert seal(tmp_path) == ["a"]
    assert not [name for name in written if name.endswith(".zst")]
    assert written
