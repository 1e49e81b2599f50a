"""What days came to and what has changed of closed ones, over HTTP: the meaning of the commands, and for tenants their rows alone."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ads_pipeline.api.app import create_app
from ads_pipeline.api.keys import make_key
from ads_pipeline.days import utc_now
from ads_pipeline.settings import load_settings
from tests.api.conftest import event
from tests.commands import ads
from tests.made import put_database

DAY = utc_now().date() - timedelta(days=3)
URL = "/v1/rollups/campaign_daily"
AT = f"{DAY}T12:00:00Z"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed day that a correction, an event of another campaign and a late one of the first have changed since."""
    home = tmp_path_factory.mktemp("history")
    put_database(load_settings(home=home, clickhouse_dsn=""))

    def load(name: str, *events: dict[str, Any]) -> None:
        (home / "landing").mkdir(exist_ok=True)
        (home / "landing" / name).write_text("".join(json.dumps(one) + "\n" for one in events))
        ads(home, "ingest")

    load("a.ndjson", event(1, event_time=AT, cost="1.1"), event(2, event_time=AT, cost="2", campaign_id="c2"))
    ads(home, "close", "--to", str(DAY))
    load("b.ndjson", event(1, event_time=AT, cost="1.3"), event(3, event_time=AT, cost="5", campaign_id="c2"))
    return home


def parsed(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def test_it_means_what_the_commands_mean(home: Path) -> None:
    with TestClient(create_app(load_settings(home=home, api_open="loopback"))) as service:
        history = parsed(service.get(f"{URL}/history?day={DAY}").text)
        restated = parsed(service.get(f"{URL}/restatements?from={DAY}&where=campaign_id=c1").text)
        wrong = {
            f"/v1/rollups/nothing/history?day={DAY}": 404,
            f"{URL}/history": 422,
            f"{URL}/history?day={DAY}&where=campaign_id=c1": 422,
            f"{URL}/restatements?from={DAY}&to={DAY - timedelta(days=1)}": 422,
            f"{URL}/restatements?where=planet=x": 422,
        }
        assert {path: service.get(path).status_code for path in wrong} == wrong
    assert [(one["kind"], one["totals"]["cost"], one["drops"]) for one in history["changes"]] == [
        ("change", Decimal("3.1"), ["a.ndjson"]), ("closed", Decimal("3.1"), []), ("change", Decimal("8.3"), ["b.ndjson"]),
    ]  # fmt: skip
    assert history["closed"] is True
    assert [(one["before"]["cost"], one["difference"]["cost"], one["totals"]["cost"]) for one in restated["restatements"]] == [
        (Decimal("1.1"), Decimal("0.2"), Decimal("1.3"))
    ]
    assert history == parsed(ads(home, "history", "campaign_daily", "--day", str(DAY), "--json").stdout)
    options = ["--from", str(DAY), "--where", "campaign_id=c1", "--json"]
    assert restated == parsed(ads(home, "restatements", "campaign_daily", *options).stdout)


def test_a_bound_key_sees_the_restatements_of_its_rows_and_no_totals(home: Path) -> None:
    key, entry = make_key("c1", ("read-analytics",), only=("campaign_id=c1",))
    with TestClient(create_app(load_settings(home=home, api_keys=entry))) as service:
        service.headers["Authorization"] = f"Bearer {key}"
        refused = service.get(f"{URL}/history?day={DAY}")
        assert (refused.status_code, "'campaign_id'" in refused.json()["detail"]) == (403, True)
        for query in ("", "?where=campaign_id=c1&where=campaign_id=c2"):
            rows = service.get(f"{URL}/restatements{query}").json()["restatements"]
            assert [row["keys"]["campaign_id"] for row in rows] == ["c1"]
        assert service.get(f"{URL}/restatements?where=campaign_id=c2").json()["restatements"] == []
        assert service.get("/v1/rollups/publisher_daily/restatements").status_code == 403
