"""A key that is bound to values of a dimension reads nothing of other values: on every route, in every format, with every option."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from ads_pipeline.api.app import create_app
from ads_pipeline.api.keys import make_key
from ads_pipeline.api.media import MEDIA
from ads_pipeline.days import utc_now
from ads_pipeline.settings import load_settings
from tests.api.conftest import event
from tests.commands import ads
from tests.copies import ROOT

OTHERS = "hidden"
"""Stands in every text that the key may not see, and nowhere else."""

DAY = str(utc_now().date())
DAILY = "/v1/rollups/campaign_daily"
WHY = f"{DAILY}/why?day={DAY}"
OPTIONS = ("", "by=campaign_id", "by=", "totals=true", "other=true&limit=1", "least=clicks=2&other=true",
    f"compare=true&from={DAY}&to={DAY}", "spreadsheet=true",
    "names=true", "stated=true", f"stated=true&by=campaign_id&from={DAY}&to={DAY}",
    "where=campaign_id=hidden1", "where=campaign_id=hidden1&where=campaign_id=c1", f"from={DAY}&to={DAY}", "order_by=-cost&limit=100",
)  # fmt: skip

REQUESTS = {
    "/v1/rollups": ["/v1/rollups"],
    "/v1/rollups/{name}": [f"{DAILY}?{options}" for options in OPTIONS],
    "/v1/rollups/{name}/history": [f"{DAILY}/history?day={DAY}"],
    "/v1/rollups/{name}/restatements": [f"{DAILY}/restatements", f"{DAILY}/restatements?where=campaign_id=hidden1"],
    "/v1/rollups/{name}/why": [WHY, f"{WHY}&metric=cost", f"{WHY}&where=campaign_id=hidden1", f"{WHY}&where=campaign_id=c1"],
    "/v1/status": ["/v1/status"],
}


pytestmark = [pytest.mark.further, pytest.mark.xdist_group("bound")]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """A service, and events of three campaigns, refused and corrected ones too."""
    home = tmp_path_factory.mktemp("bound")
    sql = home / "sql"
    (sql / "sources").mkdir(parents=True)
    select = (ROOT / "sql/sources/events.sql").read_text()
    (sql / "sources" / "throwing.sql").write_text(select)
    lines = [event(1, cost=1), event(2, cost=2), event(3, cost=7, campaign_id="c2"), event(4, cost=4, country="de")]
    lines += [event(2, cost=5), event(f"{OTHERS}1", cost=1000, campaign_id=f"{OTHERS}1", publisher_id=OTHERS)]
    lines += [event(f"{OTHERS}2", cost=2000, campaign_id=f"{OTHERS}2"), event(f"{OTHERS}2", cost=3000, campaign_id=f"{OTHERS}2")]
    lines += [event(f"{OTHERS}3", campaign_id=f"{OTHERS}1", country=OTHERS), event(5, campaign_id=f"{OTHERS}1"), {"event_id": OTHERS}]
    for name, told in (("events", lines), ("throwing", [event(f"{OTHERS}9", campaign_id=f"{OTHERS}1", country=OTHERS)])):
        (home / "landing" / name).mkdir(parents=True)
        (home / "landing" / name / "a.ndjson").write_text("".join(f"{json.dumps(line)}\n" for line in told))
    assert ads(home, "ingest", sql_dir=str(sql)).returncode == 0
    # an error of the engine that quotes what it could not read
    broken = select.replace("fields AS", "mapUpdate(fields, map('quantity', toString(toUInt8(fields['event_id'])))) AS")
    (sql / "sources" / "throwing.sql").write_text(broken)
    made = (make_key("advertiser", ("read-analytics",), only=("campaign_id=c1", "campaign_id=c2")), make_key("all", ("read-analytics",)))
    app = create_app(load_settings(home=home, sql_dir=sql, api_keys=" ".join(entry for _, entry in made), log_level="ERROR"))
    app.state.made = [key for key, _ in made]
    return app


@pytest.fixture
def service(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, headers={"Authorization": f"Bearer {app.state.made[0]}"}) as found:
        yield found


def text_of(content: bytes, media: str) -> str:
    """Everything that an answer says, as one text."""
    if media.endswith("parquet"):
        return str(pq.read_table(io.BytesIO(content)).to_pylist())
    if media.endswith("stream"):
        return str(pa.ipc.open_stream(content).read_all().to_pylist())
    return content.decode()


def test_every_route_that_the_key_may_use_is_looked_at(service: TestClient, app: FastAPI) -> None:
    reading = {path for path, methods in app.openapi()["paths"].items() if "get" in methods and path.startswith("/v1/")}
    refused = {path for path in reading if "lacks the scope" in service.get(path.replace("{name}", "x")).text}
    assert reading - refused == REQUESTS.keys()


def test_nothing_of_others_is_told(service: TestClient, app: FastAPI) -> None:
    answers = 0
    for url in [url for urls in REQUESTS.values() for url in urls]:
        for media in MEDIA if url.partition("?")[2] in ("by=campaign_id", "totals=true") else ["application/json"]:
            answer = service.get(url, headers={"Accept": media})
            assert answer.status_code == (403 if "/history" in url else 200), (url, answer.text)  # a day's history is of all its rows
            assert OTHERS not in text_of(answer.content, media).replace("campaign_id=hidden1", ""), (url, media, answer.text)
            answers += 1
    assert answers > 20
    everything = service.get(WHY, headers={"Authorization": f"Bearer {app.state.made[1]}"}).text
    assert "throwing were not looked at: its SELECT fails" in everything
    everything = service.get(f"{DAILY}?by=campaign_id", headers={"Authorization": f"Bearer {app.state.made[1]}"}).text
    assert everything.count(OTHERS) == 2, "what this looks for is there"


def test_the_numbers_are_those_of_the_values_that_it_may_see(service: TestClient) -> None:
    def costs(options: str) -> list[Any]:
        return [row["cost"] for row in service.get(f"{DAILY}?metric=cost&{options}").json()]

    assert costs("by=campaign_id") == [6, 7]
    assert costs("by=") == [13]
    assert costs("by=&where=campaign_id=hidden1") in ([], [0])
    assert costs("by=campaign_id&totals=true") == [6, 7, 13]
    assert costs("by=campaign_id&order_by=-cost&limit=1&other=true") == [7, 6]
    apart = service.get(f"{WHY}&metric=cost").json()
    assert apart["value"]["cost"] == 13
    assert (apart["unplaced"], apart["accepted"]) == ({}, {})
