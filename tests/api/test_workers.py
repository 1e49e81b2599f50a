"""Several workers: one that is killed loses nothing, all end with their parent, their counts are added up."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.api.conftest import Service, event
from tests.commands import ads
from tests.waiting import wait_until


def children(pid: int) -> list[int]:
    """The workers: processes that `ads serve` has started to serve."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        fields = path.read_text().rpartition(")")[2].split()
        if int(fields[1]) == pid and b"spawn_main" in path.with_name("cmdline").read_bytes():
            found.append(int(path.parent.name))
    return found


@pytest.mark.further
def test_one_worker_killed_is_replaced_and_loses_nothing(serve: Callable[..., Service], tmp_path: Path) -> None:
    service = serve("--open", "--workers", "2", seal_age="1h")
    (victim, *_) = children(service.process.pid)
    for number in range(20):
        assert httpx.post(f"{service.url}/v1/events", json=event(number)).status_code == 202
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: len(workers := children(service.process.pid)) == 2 and victim not in workers)
    with httpx.Client(transport=httpx.HTTPTransport(retries=3)) as client:
        for number in range(20, 40):
            assert client.post(f"{service.url}/v1/events", json=event(number)).status_code == 202
    service.stop()
    assert json.loads(ads(service.home, "ingest", "--json").stdout)["accepted"] == 40


def test_workers_end_with_their_parent_and_seal(serve: Callable[..., Service]) -> None:
    service = serve("--open", "--workers", "2", seal_age="1h")
    workers = children(service.process.pid)
    assert httpx.post(f"{service.url}/v1/events", json=event(1)).status_code == 202
    service.process.kill()
    service.process.wait()
    assert len(workers) == 2
    wait_until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))
    assert len(list((service.home / "landing").rglob("*.zst"))) == 1


def test_the_counts_of_all_workers_are_added_up(serve: Callable[..., Service]) -> None:
    service = serve("--open", "--workers", "2", seal_age="1s")
    for number in range(30):
        httpx.post(f"{service.url}/v1/events", json=[event(number), {}])

    def counted() -> dict[str, str]:
        lines = httpx.get(f"{service.url}/metrics").text.splitlines()
        return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))

    wait_until(lambda: float(counted()["ads_drops_sealed_total"]) >= 1)
    counts = counted()
    assert float(counts["ads_events_accepted_total"]) == 30
    assert float(counts['ads_events_rejected_total{reason="missing:event_id"}']) == 30
    assert {"ads_landing_bytes_total", "ads_seal_lag_seconds", "ads_fsync_seconds_sum"} <= set(counts)
