"""How fresh the data is, and the last answer while the embedded engine is busy; a key that is bound sees no more by them."""

import json
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient

from ads_pipeline.api.app import create_app
from ads_pipeline.api.keys import make_key
from ads_pipeline.pipeline.quality import Check, CheckResult, try_check
from ads_pipeline.settings import Settings, load_settings
from ads_pipeline.warehouse.warehouse import Warehouse
from tests.api.conftest import busy, event
from tests.commands import ads
from tests.made import put_database
from tests.waiting import wait_until

STALE = {"Cache-Control": "max-stale=60"}


@pytest.fixture
def loaded(tmp_path: Path) -> Path:
    settings = load_settings(home=tmp_path, clickhouse_dsn="")
    put_database(settings)
    landing = tmp_path / "landing" / "events"
    landing.mkdir(parents=True)
    lines = [json.dumps(event(n, campaign_id=f"c{n % 3}")) for n in range(9)]
    (landing / "a.ndjson").write_text("\n".join([*lines, "{}"]) + "\n")
    (landing / "b.csv").write_bytes(b"\xff\xfe\x00")
    assert ads(tmp_path, "ingest").returncode in (0, 1)
    return tmp_path


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_the_status_says_what_is_loaded_what_failed_and_what_each_check_found(loaded: Path) -> None:
    assert ads(loaded, "check").returncode == 1
    everything, entry = make_key("all", ("read-analytics",))
    bound, other = make_key("bound", ("read-analytics",), only=("campaign_id=c1",))
    with TestClient(create_app(load_settings(home=loaded, api_keys=f"{entry} {other}"))) as service:
        found = service.get("/v1/status", headers=bearer(everything)).json()
        assert (found["failed_drops"], found["quarantined_share"]) == (1, 0.1)
        assert found["last_loaded"].startswith(found["today"])
        assert {"events.no_failed_drop": "error", "events.quarantined_share": "warning"}.items() <= {
            check["name"]: check["severity"] for check in found["failing"]
        }.items()
        assert all(check["remedy"] and check["description"] for check in found["failing"])
        assert found["checks"] > 10
        told = service.get("/v1/status", headers=bearer(bound)).json()
        assert {told[name] for name in ("failed_drops", "quarantined_share", "checks")} == {None}
        assert told["failing"] is None
        assert service.get("/v1/status").status_code == 401
    ads(loaded, "drops", "dismiss", "--all")
    with TestClient(create_app(load_settings(home=loaded, api_open="loopback"))) as service:
        names = [check["name"] for check in service.get("/v1/status").json()["failing"]]
        assert "events.no_failed_drop" not in names  # it was run again


def test_asking_for_the_status_runs_no_check_again_and_writes_nothing(loaded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def noted(warehouse: Warehouse, settings: Settings, check: Check) -> CheckResult:
        ran.append(check.full_name)
        return try_check(warehouse, settings, check)

    monkeypatch.setattr("ads_pipeline.pipeline.quality.try_check", noted)
    with TestClient(create_app(load_settings(home=loaded, api_open="loopback"))) as service:
        first, second = (service.get("/v1/status").json() for _ in range(2))
        assert "events.no_failed_drop" in [check["name"] for check in second["failing"]]
        assert {**first, "at": ""} == {**second, "at": ""}
        assert len(ran) == len({*ran}) > 1
        monkeypatch.setattr("ads_pipeline.api.status.AGAIN", 0.0)
        service.get("/v1/status")
        assert len(ran) == 2 * len({*ran})
    assert not (loaded / "checks").exists()


@pytest.mark.further
def test_while_the_engine_is_busy_the_last_answer_of_the_same_values_is_given(loaded: Path) -> None:
    bounds: dict[str, tuple[str, ...]] = {"all": (), "c1": ("campaign_id=c1",), "c2": ("campaign_id=c2",)}
    made = {name: make_key(name, ("read-analytics",), only=values) for name, values in bounds.items()}
    settings = load_settings(home=loaded, api_keys=" ".join(entry for _, entry in made.values()), api_wait="1s")
    with TestClient(create_app(settings)) as service:

        def ask(name: str, path: str = "/v1/rollups/campaign_daily?by=campaign_id&metric=clicks", **headers: str) -> httpx2.Response:
            return service.get(path, headers=bearer(made[name][0]) | STALE | headers)

        paths = ["/v1/rollups", "/v1/status", "/v1/rollups/campaign_daily?by=campaign_id&metric=clicks"]
        before = {(name, path): ask(name, path) for name in ("all", "c1") for path in paths}
        assert [row["campaign_id"] for row in before["c1", paths[2]].json()] == ["c1"]
        assert all("age" not in answer.headers for answer in before.values())
        with busy(loaded):
            for (name, path), answer in before.items():
                again = ask(name, path)
                assert (again.status_code, again.json(), 0 <= int(again.headers["age"]) <= 60) == (200, answer.json(), True)
            assert ask("c2").status_code == 503  # nobody with its values has asked
            assert ask("all", **{"Cache-Control": "no-cache"}).status_code == 503
            assert ask("all", Accept="text/csv").status_code == 503
            assert ask("all", **{"Cache-Control": "max-stale=0"}).status_code == 503
        wait_until(lambda: "age" not in ask("all").headers)
