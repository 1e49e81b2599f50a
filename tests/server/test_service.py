"""The service on a server: reads go on while a run writes, and a server that is away is told as such."""

import json
import os
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from ads_pipeline.api.app import create_app
from ads_pipeline.landing import open_store
from ads_pipeline.pipeline.ingest import ingest
from ads_pipeline.pipeline.run import begin_run
from ads_pipeline.settings import Settings, load_settings
from ads_pipeline.warehouse.opening import open_warehouse
from tests.api.conftest import Service
from tests.api.processes import MIB, forget_peak, held, peak
from tests.commands import ads
from tests.engine.conftest import event
from tests.servers import Server
from tests.waiting import wait_until

pytestmark = pytest.mark.further

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
        ingest(begin_run(writer, settings), open_store(settings))
        first = service.get(URL)
        assert (first.status_code, first.json()[0]["clicks"]) == (200, 1)
        assert service.get(URL, headers={"If-None-Match": first.headers["etag"]}).status_code == 304
        land(tmp_path, 2)
        ingest(begin_run(writer, settings), open_store(settings))
        second = service.get(URL, headers={"If-None-Match": first.headers["etag"]})
        assert (second.status_code, second.json()[0]["clicks"]) == (200, 2)
        assert service.get(URL, headers={"Accept": "text/csv"}).text.splitlines()[1].split(",")[1] == "2"


def test_a_server_that_is_away_is_told_and_found_again(own_server: Server, tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    land(tmp_path, 1)
    with open_warehouse(settings, write=True) as writer:
        ingest(begin_run(writer, settings), open_store(settings))
    with TestClient(create_app(settings)) as service:
        assert service.get(URL).status_code == 200
        own_server.kill()
        away = service.get(URL)
        assert (away.status_code, away.headers["content-type"]) == (503, "application/problem+json")
        assert away.headers["retry-after"]
        assert service.post("/v1/events", json=event(2)).status_code == 202  # events need no engine
        own_server.start().wait()
        assert service.get(URL).json()[0]["clicks"] == 1


def test_a_large_answer_takes_little_memory_also_for_a_reader(database: Server, tmp_path: Path) -> None:
    name, rows = os.environ["ADS_DATABASE"], 100_000
    home = tmp_path / "home"
    land_many(home, rows)
    assert ads(home, "ingest").returncode == 0
    assert ads(home, "init", "--users").returncode == 0
    with database.connect() as client:
        client.command(f"CREATE USER {name} IDENTIFIED BY 'x' DEFAULT ROLE {name}_reader")
    service = Service(home, "--open", clickhouse_dsn=f"clickhouse://{name}:x@127.0.0.1:{database.http}", api_max_rows=str(rows))
    try:
        httpx.get(f"{service.url}{URL}")
        forget_peak(service.process.pid)
        before = peak(service.process.pid)
        answer = httpx.get(f"{service.url}/v1/rollups/campaign_daily", headers={"Accept": "application/x-ndjson"}, timeout=60)
        assert (answer.status_code, answer.content.count(b"\n")) == (200, rows)
        assert len(answer.content) > 30 * MIB
        assert peak(service.process.pid) - before < 8 * MIB
        wait_until(lambda: held(service.process.pid) == 0)
    finally:
        service.kill()
        with database.connect() as client:
            client.command(f"DROP USER {name}")
            client.command(f"DROP ROLE {name}_migrator, {name}_writer, {name}_reader")


def land_many(home: Path, rows: int) -> None:
    """Events that are a row of the rollup each."""
    folder = home / "landing" / "events"
    folder.mkdir(parents=True)
    head = json.dumps(event(0, campaign_id="c" * 128))[: -len("}")].replace('"e0"', '"e%d"')
    with (folder / "many.ndjson").open("w") as file:
        file.writelines(head % number + f', "ad_id": "{number:0128}"}}\n' for number in range(rows))


def test_an_error_late_in_an_answer_is_a_problem(database: Server, tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path, api_open="loopback", api_max_rows=99_999)
    land_many(tmp_path, 100_000)
    with open_warehouse(settings, write=True) as writer:
        ingest(begin_run(writer, settings), open_store(settings))
    with TestClient(create_app(settings)) as service:
        for media in ("application/json", "text/csv", "application/vnd.apache.arrow.stream"):
            answer = service.get("/v1/rollups/campaign_daily", headers={"Accept": media})
            assert (answer.status_code, "more than 99999 rows" in answer.json()["detail"]) == (422, True)
        assert service.get(URL).json()[0]["clicks"] == 100_000
