"""The landing service with a bucket behind it."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from ads_pipeline.landing import open_store
from tests.api.conftest import Service, event, serve
from tests.objects.conftest import Home
from tests.waiting import wait_until

__all__ = ["serve"]


@pytest.mark.further
def test_two_hosts_seal_into_one_bucket(home: Home, serve: Callable[..., Service], tmp_path: Path) -> None:
    hosts = [serve("--open", home=name, landing_url=home.url, seal_age="1s") for name in ("one", "other")]
    for number in range(40):
        events = [event(number), event(number // 2), {"number": number}]
        assert httpx.post(f"{hosts[number % 2].url}/v1/events", json=events).status_code == 202
        if number == 20:
            wait_until(lambda: len(list(open_store(home.settings).list())) >= 2)
    for host in hosts:
        host.stop()
        assert not list((tmp_path / host.home.name / "spool").glob("*.closed"))
    drops = list(open_store(home.settings).list())
    assert len(drops) >= 4
    assert all(drop.name.startswith("events/dt=") and drop.name.endswith(".ndjson.zst") for drop in drops)
    counts = home.ingest().counts
    assert (counts.lines, counts.accepted, counts.duplicates, counts.quarantined) == (120, 40, 40, 40)


def test_drops_of_a_bucket_are_read_over_http(home: Home, serve: Callable[..., Service]) -> None:
    home.land("a.ndjson", event(1), event(2))
    service = serve("--open", landing_url=home.url)
    (drop,) = httpx.get(f"{service.url}/v1/drops").json()["drops"]
    url = f"{service.url}/v1/drops/{drop['name']}"
    whole = httpx.get(url, headers={"If-Match": f'"{drop["etag"]}"'})
    assert [json.loads(line)["event_id"] for line in whole.text.splitlines()] == ["e1", "e2"]
    part = httpx.get(url, headers={"Range": "bytes=5-8"})
    assert (part.status_code, part.content) == (206, whole.content[5:9])
    assert httpx.get(url, headers={"If-Match": '"other"'}).status_code == 412
    assert httpx.get(f"{service.url}/v1/drops/none.ndjson").status_code == 404
    assert httpx.get(f"{service.url}/readyz").status_code == 200
