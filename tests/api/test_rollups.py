"""Rollups over HTTP: the meaning of `ads query`, in every format, and one embedded engine for service and ingest."""

import csv
import io
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from ads_pipeline.api.app import create_app
from ads_pipeline.api.keys import make_key
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.chdb import ChdbConnection
from ads_pipeline.warehouse.statements import Sql
from tests.api.conftest import event
from tests.commands import ads

pytestmark = pytest.mark.xdist_group("api_rollups")  # one process makes the module's home

URL = "/v1/rollups/publisher_daily"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("rollups")
    (home / "landing").mkdir()
    events = [event(n, country=("DE", "FR", "US")[n % 3], publisher_id=f"p{n % 4}", cost="0.123456") for n in range(60)]
    (home / "landing" / "a.ndjson").write_text("".join(json.dumps(item) + "\n" for item in events))
    assert ads(home, "ingest").returncode == 0
    return home


@pytest.fixture
def service(home: Path) -> Iterator[TestClient]:
    with TestClient(create_app(load_settings(home=home, api_open="loopback"))) as found:
        yield found


def test_what_there_is(service: TestClient) -> None:
    rollups = {rollup["name"]: rollup for rollup in service.get("/v1/rollups").json()["rollups"]}
    today = time.strftime("%Y-%m-%d", time.gmtime())
    assert rollups["publisher_daily"] == {
        "name": "publisher_daily",
        "dimensions": ["event_date", "publisher_id", "country", "device"],
        "metrics": ["impressions", "clicks", "conversions", "cost", "revenue", "users"],
        "ratios": ["ctr", "cvr", "cpm", "cpc", "cpa", "roas"],
        "money": ["cost", "revenue"],
        "named": [],
        "closed_to": None,
        "first_day": today,
        "last_day": today,
        "days_left_out": [],
    }
    assert "campaign_daily" in rollups


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("by=country&metric=clicks,cost,ctr&order_by=-cost", ["--by", "country", "--metric", "clicks,cost,ctr", "--order-by", "-cost"]),
        ("where=country=DE&where=country=FR&by=publisher_id", ["--where", "country=DE", "--where", "country=FR", "--by", "publisher_id"]),
        ("by=&from=2026-01-01&to=2100-01-01", ["--by", "", "--from", "2026-01-01", "--to", "2100-01-01"]),
        ("limit=3", ["--limit", "3"]),
    ],
)
def test_it_means_what_ads_query_means(home: Path, query: str, options: list[str]) -> None:
    with TestClient(create_app(load_settings(home=home, api_open="loopback"))) as service:
        answer = service.get(f"{URL}?{query}")
    assert answer.text == ads(home, "query", "publisher_daily", "--json", *options).stdout
    assert answer.headers["content-type"] == "application/json"


def test_why_means_what_ads_why_means(home: Path) -> None:
    today = time.strftime("%Y-%m-%d", time.gmtime())
    with TestClient(create_app(load_settings(home=home, api_open="loopback"))) as service:
        answer = service.get(f"{URL}/why?day={today}&where=country=DE&where=country=FR&metric=cost,users")
        wrong = {
            f"/v1/rollups/nothing/why?day={today}": 404,
            f"{URL}/why": 422,
            f"{URL}/why?day=yesterday": 422,
            f"{URL}/why?day={today}&metric=ctr": 422,
            f"{URL}/why?day={today}&where=city=x": 422,
            f"{URL}/why?day={today}&by=country": 422,
        }
        assert {path: service.get(path).status_code for path in wrong} == wrong
    given = ["--day", today, "--where", "country=DE", "--where", "country=FR", "--metric", "cost,users", "--json"]
    told = ads(home, "why", "publisher_daily", *given).stdout
    assert json.loads(answer.text, parse_float=Decimal) == json.loads(told, parse_float=Decimal)
    assert json.loads(answer.text, parse_float=Decimal)["value"]["cost"] == 40 * Decimal("0.123456")
    with TestClient(create_app(load_settings(home=home, api_keys=make_key("writer", ("write",))[1]))) as service:
        assert service.get(f"{URL}/why?day={today}").status_code == 401


def test_a_read_asks_for_little_more_than_its_rows(service: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else changes an embedded folder while the service has it open."""
    statements: list[str] = []
    text = ChdbConnection._text

    def noted(self: ChdbConnection, sql: Sql) -> str:
        statements.append(sql.name)
        return text(self, sql)

    monkeypatch.setattr(ChdbConnection, "_text", noted)
    assert service.get(f"{URL}?by=").status_code == 200
    assert statements[-3:] == ["queries/availability", "queries/describe", "queries/into_handle"]
    statements.clear()
    assert service.get(f"{URL}?by=").status_code == 200
    assert statements == ["queries/into_handle"]


def test_every_format(service: TestClient) -> None:
    def get(media: str) -> Any:
        answer = service.get(f"{URL}?by=country&metric=clicks,cost", headers={"Accept": media})
        assert answer.headers["content-type"].startswith(media)
        return answer.content

    rows = [("DE", 20, Decimal("2.46912")), ("FR", 20, Decimal("2.46912")), ("US", 20, Decimal("2.46912"))]
    found = {
        "json": json.loads(get("application/json"), parse_float=Decimal),
        "ndjson": [json.loads(line, parse_float=Decimal) for line in get("application/x-ndjson").splitlines()],
        "csv": list(csv.DictReader(io.StringIO(get("text/csv").decode()))),
        "parquet": pq.read_table(io.BytesIO(get("application/vnd.apache.parquet"))).to_pylist(),
        "arrow": pa.ipc.open_stream(get("application/vnd.apache.arrow.stream")).read_all().to_pylist(),
    }
    for form, table in found.items():
        assert [(_text(row["country"]), int(row["clicks"]), Decimal(row["cost"])) for row in table] == rows, form


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def test_accept_is_negotiated(service: TestClient) -> None:
    def kind(accept: str) -> str:
        return str(service.get(f"{URL}?by=", headers={"Accept": accept}).headers["content-type"]).partition(";")[0]

    assert kind("*/*") == "application/json"
    assert kind("text/html, text/*;q=0.8") == "text/csv"
    assert kind("application/json;q=0.1, application/x-ndjson;q=0.9") == "application/x-ndjson"
    assert kind("application/json;q=0, */*") == "application/x-ndjson"
    assert kind("*/*, application/json;q=0") == "application/x-ndjson"
    assert kind("*/*;q=0.1, text/csv") == kind("text/csv, application/json") == "text/csv"
    assert kind("") == kind(" ") == "application/json"
    assert service.get(URL, headers={"Accept": "*/*;q=0"}).status_code == 406
    assert service.get(URL, headers={"Accept": "text/html"}).status_code == 406


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("by=publisher", "there are: event_date, publisher_id, country, device"),
        ("metric=ecpm", "there are: impressions, clicks, conversions, cost, revenue, users, ctr"),
        ("where=country", "write COL=VALUE"),
        ("where=cost=1", "there are: event_date"),
        ("order_by=users&metric=clicks", "to order by"),
        ("limit=0", "limit"),
        ("from=2026-13-01", "from: '2026-13-01' is not a day"),
        ("from=0", "from: '0' is not a day"),
        ("to=2026-11-20T00:00:00", "to: '2026-11-20T00:00:00' is not a day"),
        ("where=event_date=xx", "'xx' is not a day"),
        ("from=2026-11-01&from=2026-11-02", "from is given 2 times"),
        ("by=country&by=device", "by is given 2 times"),
        ("limit=1&limit=2", "limit is given 2 times"),
        ("from=2026-11-02&to=2026-11-01", "swap from and to"),
        ("group=country", "supported: from, to, by, metric, where, order_by, limit"),
    ],
)
def test_a_wrong_parameter_names_the_allowed_ones(service: TestClient, query: str, says: str) -> None:
    answer = service.get(f"{URL}?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert says in answer.json()["detail"]


def test_an_unknown_rollup_is_404(service: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    answer = service.get("/v1/rollups/hourly")
    assert (answer.status_code, "campaign_daily" in answer.json()["detail"]) == (404, True)
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []  # it is no failure of the service


def test_values_are_bound_and_no_sql(service: TestClient) -> None:
    answer = service.get(URL, params={"where": "country=DE' OR '1'='1", "by": "country"})
    assert (answer.status_code, answer.json()) == (200, [])


def test_the_etag_changes_with_the_rollup(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing" / "a.ndjson").write_text(json.dumps(event(1)))
    assert ads(tmp_path, "ingest").returncode == 0
    with TestClient(create_app(load_settings(home=tmp_path, api_open="loopback"))) as service:
        first = service.get(f"{URL}?by=")
        etag = first.headers["etag"]
        assert first.headers["cache-control"] == "private, no-cache"
        assert "last-modified" in first.headers
        same = service.get(f"{URL}?by=", headers={"If-None-Match": etag})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
        assert service.get(f"{URL}?by=country", headers={"If-None-Match": etag}).status_code == 200
        assert service.get(f"{URL}?by=country", headers={"If-None-Match": "*"}).status_code == 304
        (tmp_path / "landing" / "b.ndjson").write_text(json.dumps(event(2)))
        assert ads(tmp_path, "ingest").returncode == 0  # while the service has just read
        changed = service.get(f"{URL}?by=", headers={"If-None-Match": etag})
        assert (changed.status_code, changed.json()[0]["clicks"]) == (200, 2)


def test_limits_protect_the_engine(home: Path) -> None:
    with TestClient(create_app(load_settings(home=home, api_open="loopback", api_max_rows=5))) as service:
        for media in ("application/json", "text/csv", "application/vnd.apache.parquet"):
            answer = service.get(URL, headers={"Accept": media})
            assert (answer.status_code, "more than 5 rows" in answer.json()["detail"]) == (422, True)
            assert len(service.get(f"{URL}?limit=5").json()) == 5  # and nothing of the failed one before it


HOLD = """
import sys, time
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.opening import open_warehouse
with open_warehouse(load_settings(home=sys.argv[1])):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def holder(home: Path, seconds: float) -> "subprocess.Popen[str]":
    """Another process that has the engine, as an ingest does."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(home), str(seconds)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def test_a_read_during_an_ingest_waits_and_answers(home: Path) -> None:
    with holder(home, 2), TestClient(create_app(load_settings(home=home, api_open="loopback"))) as service:
        assert service.get(f"{URL}?by=").status_code == 200


def test_a_read_during_a_long_ingest_is_told_to_come_again(home: Path) -> None:
    process = holder(home, 60)
    with TestClient(create_app(load_settings(home=home, api_open="loopback", api_wait="1s"))) as service:
        answer = service.get(f"{URL}?by=")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert "in use by another process" in answer.json()["detail"]
        process.kill()
        process.communicate()
        assert service.get(f"{URL}?by=").status_code == 200


def test_an_ingest_does_not_wait_for_readers(home: Path) -> None:
    with TestClient(create_app(load_settings(home=home, api_open="loopback"))) as service:
        service.get(f"{URL}?by=")
        process = holder(home, 0)  # the service lingers there, and lets go
        process.communicate()
        assert service.get(f"{URL}?by=").status_code == 200
