"""Segments become drops once, in the order of acknowledgement, and are not lost while the landing store fails."""

import time
from pathlib import Path

from prometheus_client import REGISTRY

from ads_pipeline.inbox import metrics
from ads_pipeline.inbox.committer import Committer, Submission
from ads_pipeline.inbox.sealing import Sealer
from ads_pipeline.inbox.spool import Spool
from ads_pipeline.landing import FolderStore
from tests.inbox.spools import append, lines, seal


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
