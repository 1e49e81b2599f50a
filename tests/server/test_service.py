"""The service on a server: reads go on while a run writes, and a server that is away is told as such."""

import json
from pathlib import Path

from fastapi.testclient import TestClient

from ads_pipeline.api.app import create_app
from ads_pipeline.landing import open_store
from ads_pipeline.pipeline.ingest import ingest
from ads_pipeline.settings import Settings, load_settings
from ads_pipeline.warehouse.opening import open_warehouse
from tests.engine.conftest import event
from tests.servers import Server

URL = "/v1/rollups/campaign_daily?by="


def land(home: Path, number: int) -> None:
    folder = home / "landing" / "events"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{number}.ndjson").write_text(json.dumps(event(number, event_type="click")) + "\n")


def settings_of(home: Path) -> Settings:
    return load_settings(home=home, api_open="loopback", api_wait="5s")


def test_rollups_are_read_while_a_run_has_the_lease(database: Server, tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    with open_warehouse(settings, write=True) as writer, TestClient(create_app(settings)) as service:
        land(tmp_path, 1)
        ingest(writer, open_store(settings))
        first = service.get(URL)
        assert (first.status_code, first.json()[0]["clicks"]) == (200, 1)
        assert service.get(URL, headers={"If-None-Match": first.headers["etag"]}).status_code == 304
        land(tmp_path, 2)
        ingest(writer, open_store(settings))
        second = service.get(URL, headers={"If-None-Match": first.headers["etag"]})
        assert (second.status_code, second.json()[0]["clicks"]) == (200, 2)
        assert service.get(URL, headers={"Accept": "text/csv"}).text.splitlines()[1].split(",")[1] == "2"


def test_a_server_that_is_away_is_told_and_found_again(own_server: Server, tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    land(tmp_path, 1)
    with open_warehouse(settings, write=True) as writer:
        ingest(writer, open_store(settings))
    with TestClient(create_app(settings)) as service:
        assert service.get(URL).status_code == 200
        own_server.kill()
        away = service.get(URL)
        assert (away.status_code, away.headers["content-type"]) == (503, "application/problem+json")
        assert away.headers["retry-after"]
        assert service.post("/v1/events", json=event(2)).status_code == 202  # events need no engine
        own_server.start().wait()
        assert service.get(URL).json()[0]["clicks"] == 1
