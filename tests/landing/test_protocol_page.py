"""The page of the landing protocol is right: its example is a listing, the server in its appendix an endpoint."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ads_pipeline.errors import LandingError
from ads_pipeline.landing import endpoint as endpoint_module
from ads_pipeline.landing import open_store
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.opening import open_warehouse
from tests.engine.conftest import Home, event
from tests.landing.endpoints import TOKEN, Endpoint, always, names

PROTOCOL = Path(__file__).parents[2] / "docs" / "landing-protocol.md"


def test_the_example_of_the_protocol_is_a_listing(endpoint: Endpoint) -> None:
    (example,) = re.findall(r"## 1\. Listing\n\n```json\n(.*?)```", PROTOCOL.read_text(), re.DOTALL)
    endpoint.faults["/drops"] = always(200, {}, example.encode())
    assert names(endpoint.url) == ["events/dt=2026-11-24/a.ndjson.gz"]


@pytest.fixture
def appendix(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the URL at which the page's server serves it."""
    (script,) = re.findall(r"## Appendix.*?```python\n(.*?)```", PROTOCOL.read_text(), re.DOTALL)
    (tmp_path / "server.py").write_text(script)
    folder = tmp_path / "offered"
    folder.mkdir()
    command = [sys.executable, str(tmp_path / "server.py"), str(folder), "0"]
    with subprocess.Popen(
        command, env=os.environ | {"TOKEN": TOKEN}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout
        yield folder, process.stdout.readline().strip()
        process.kill()


def test_the_appendix_of_the_protocol_is_an_endpoint(appendix: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint_module, "PAGE", 2)
    folder, url = appendix
    offered = ["a.ndjson", "events/50 %.ndjson", "events/dt=2026-11-01/ü#?.ndjson", "dt=2026-11-01/empty.ndjson", "events/.hidden.ndjson"]
    for number, name in enumerate(offered):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("" if "empty" in name else json.dumps(event(number)) + "\n")
    settings = load_settings(home=tmp_path, landing_url=url, landing_token=TOKEN)
    with open_warehouse(settings, write=True) as warehouse:
        home = Home(settings, warehouse)
        report = home.ingest()
        assert (report.drops, report.failed_drops, report.counts.accepted) == (4, 0, 3)
        (folder / "a.ndjson").write_text(json.dumps(event(9)) + "\n")
        assert home.ingest().counts.accepted == 1
    with pytest.raises(LandingError, match="set ADS_LANDING_TOKEN"):
        names(url, token="another")


def test_the_appendix_of_the_protocol_sends_ranges_of_what_was_listed(appendix: tuple[Path, str]) -> None:
    folder, url = appendix
    (folder / "a.ndjson").write_text("0123456789")
    (drop,) = open_store(load_settings(landing_url=url, landing_token=TOKEN)).list()

    def get(name: str, **headers: str) -> httpx.Response:
        return httpx.get(f"{url}/drops/{name}", headers={"Authorization": f"Bearer {TOKEN}"} | headers)

    part = get(drop.name, **{"Range": "bytes=7-", "If-Match": f'"{drop.etag}"'})
    assert (part.status_code, part.content, part.headers["Content-Range"]) == (206, b"789", "bytes 7-9/10")
    assert part.headers["ETag"] == f'"{drop.etag}"'
    assert (drop.source, drop.size, get(drop.name).content) == ("events", 10, b"0123456789")
    assert get(drop.name, **{"If-Match": '"other"'}).status_code == 412
    assert get("b.ndjson").status_code == get("../server.py").status_code == get("%2E%2E/server.py").status_code == 404
