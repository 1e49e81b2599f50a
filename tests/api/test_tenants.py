"""Keys that are bound: to a source, to values of a dimension, to a day, to a quota; and what is said of each refusal."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ads_pipeline.api import keys, quotas
from ads_pipeline.api.app import create_app
from ads_pipeline.api.keys import make_key
from ads_pipeline.days import utc_now
from ads_pipeline.settings import load_settings
from tests.api.conftest import event
from tests.commands import ads
from tests.copies import ROOT
from tests.waiting import wait_until


@pytest.fixture
def sql(tmp_path: Path) -> Path:
    """SQL of its own: two tenants have a source each, in the form of the contract."""
    folder = tmp_path / "sql"
    (folder / "sources").mkdir(parents=True)
    for name in ("shop", "store"):
        (folder / "sources" / f"{name}.sql").write_text((ROOT / "sql/sources/events.sql").read_text())
    return folder


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def tenants(tmp_path: Path, sql: Path) -> Iterator[tuple[TestClient, dict[str, str], Path]]:
    """A service with keys: two tenants, an advertiser, and one for all."""
    made = {
        "shop": make_key("shop", ("write", "read-drops"), source="shop"),
        "store": make_key("store", ("write", "read-drops"), source="store"),
        "advertiser": make_key("advertiser", ("read-analytics",), only=("campaign_id=c1", "campaign_id=c=2")),
        "all": make_key("all", ("write", "read-drops", "read-analytics")),
    }
    home = tmp_path / "home"
    entries = " ".join(entry for _, entry in made.values())
    settings = load_settings(home=home, api_keys=entries, sql_dir=sql, seal_age="1s", log_level="ERROR")
    home.mkdir()
    with TestClient(create_app(settings)) as service:
        yield service, {name: key for name, (key, _) in made.items()}, home


def landed(service: TestClient, key: str) -> list[str]:
    return [drop["name"] for drop in service.get("/v1/drops", headers=bearer(key)).json()["drops"]]


def test_tenants_neither_correct_nor_read_what_is_not_theirs(tenants: tuple[TestClient, dict[str, str], Path], sql: Path) -> None:
    service, key, home = tenants

    def send(name: str, **fields: Any) -> None:
        assert service.post("/v1/events", json=event(1, **fields), headers=bearer(key[name])).status_code == 202

    send("shop", cost=1)
    send("store", cost=10)  # the same id: another event
    send("all", cost=100, campaign_id="c=2")
    send("all", event_id="e2", cost=1000, campaign_id="c3")
    wait_until(lambda: len(landed(service, key["all"])) == 3)
    (mine,), (other,) = landed(service, key["shop"]), landed(service, key["store"])
    assert mine.startswith("shop/dt=")
    assert mine.endswith("-shop.ndjson.zst")
    assert service.get(f"/v1/drops/{mine}", headers=bearer(key["shop"])).status_code == 200
    assert service.get(f"/v1/drops/{other}", headers=bearer(key["shop"])).status_code == 404
    assert ads(home, "ingest", sql_dir=str(sql)).returncode == 0

    def rows(name: str, **query: Any) -> list[tuple[str, float]]:
        answer = service.get(
            "/v1/rollups/campaign_daily", params={"by": "campaign_id", "metric": "cost"} | query, headers=bearer(key[name])
        )
        return [(row["campaign_id"], row["cost"]) for row in answer.json()]

    assert rows("all") == [("c1", 11), ("c3", 1000), ("c=2", 100)]
    assert rows("advertiser") == [("c1", 11), ("c=2", 100)]
    assert rows("advertiser", where="campaign_id=c3") == []
    assert rows("advertiser", where=["campaign_id=c3", "campaign_id=c1"]) == [("c1", 11)]
    totals = service.get("/v1/rollups/campaign_daily", params={"by": "", "metric": "cost"}, headers=bearer(key["advertiser"]))
    assert totals.json() == [{"cost": 111}]
    listed = service.get("/v1/rollups", headers=bearer(key["advertiser"])).json()["rollups"]
    assert [rollup["name"] for rollup in listed] == ["campaign_daily"]
    taken = {"day": str(utc_now().date()), "metric": "cost"}
    apart = service.get("/v1/rollups/campaign_daily/why", params=taken, headers=bearer(key["advertiser"])).json()
    assert (apart["value"], sum(part["values"]["cost"] for part in apart["parts"])) == ({"cost": 111}, 111)
    assert service.get("/v1/rollups/publisher_daily/why", params=taken, headers=bearer(key["advertiser"])).status_code == 403
    refused = service.get("/v1/rollups/publisher_daily", headers=bearer(key["advertiser"]))
    assert (refused.status_code, "'campaign_id'" in refused.json()["detail"]) == (403, True)


def client(tmp_path: Path, *entries: str, **settings: Any) -> TestClient:
    return TestClient(create_app(load_settings(home=tmp_path, api_keys=" ".join(entries), **settings)))


def test_a_quota_is_for_a_day_and_takes_all_of_a_request_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, entry = make_key("shop", ("write",), events="3")
    now = utc_now()
    monkeypatch.setattr(quotas, "utc_now", lambda: now)
    with client(tmp_path, entry) as service:
        sent = [[event(number) for number in range(count)] for count in (2, 2, 1, 1)]
        statuses = [service.post("/v1/events", json=events, headers=bearer(key)).status_code for events in sent]
        assert statuses == [202, 429, 202, 429]
    with client(tmp_path, entry) as service:  # started again
        refused = service.post("/v1/events", json=event(9), headers=bearer(key))
        assert 0 < int(refused.headers["retry-after"]) <= 86_400
        now = now.replace(year=now.year + 1)
        assert service.post("/v1/events", json=event(9), headers=bearer(key)).status_code == 202


def test_a_key_that_is_over_and_each_refusal_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    key, entry = make_key("shop", ("write",), until=str(utc_now().date()), events="1")
    logging.getLogger("ads_pipeline").propagate = True
    caplog.set_level(logging.INFO, "ads_pipeline.audit")
    with client(tmp_path, entry, log_level="ERROR") as service:
        logging.getLogger("ads_pipeline").propagate = True
        assert service.post("/v1/events", json=event(1), headers=bearer(key)).status_code == 202
        assert service.post("/v1/events", json=event(2), headers=bearer(key)).status_code == 429
        assert service.get("/v1/drops", headers=bearer(key)).status_code == 403
        assert service.get("/v1/drops").status_code == 401
        now = utc_now().replace(year=utc_now().year + 1)
        monkeypatch.setattr(keys, "utc_now", lambda: now)
        assert "was valid until" in service.post("/v1/events", json=event(3), headers=bearer(key)).json()["detail"]
    said = [record.message for record in caplog.records if record.name == "ads_pipeline.audit" and record.message.startswith("refused")]
    assert [text.split(": ")[0] for text in said] == [f"refused {who} from testclient" for who in ("shop", "shop", "a stranger", "shop")]
    assert key not in "".join(record.getMessage() for record in caplog.records)


def test_a_page_of_a_named_site_posts_and_another_does_not_without_keys(tmp_path: Path) -> None:
    key, entry = make_key("pixel", ("write",))
    both, other = make_key("both", ("write", "read-drops"))
    shop, text = "https://shop.example", {"Content-Type": "text/plain;charset=UTF-8"}
    body = client(tmp_path, "").build_request("POST", "/", json=event(1)).content
    with client(tmp_path / "keys", entry, other, api_origins=shop) as service:
        asked = {"Origin": shop, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
        assert service.options("/v1/events", headers=asked).headers["access-control-allow-origin"] == shop
        sent = service.post(f"/v1/events?key={key}", content=body, headers=text | {"Origin": shop})
        assert (sent.status_code, sent.headers["access-control-allow-origin"]) == (202, shop)
        assert sent.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in service.get("/healthz", headers={"Origin": "https://evil.example"}).headers
        assert service.post(f"/v1/events?key={both}", content=body, headers=text).status_code == 401  # it stands in a page
        lines = body + b"\n" + body
        assert service.post(f"/v1/events?key={key}", content=lines, headers=text).json()["accepted"] == 2
    with client(tmp_path / "open", "", api_open="loopback", api_hosts="Ads.Example") as service:

        def status(**headers: str) -> int:
            return service.post("/v1/events", content=body, headers=text | headers).status_code

        assert [status(Host=host) for host in ("127.0.0.1:8000", "[::1]:8000", "localhost", "ads.example:8000", "api:8000")] == [202] * 5
        assert [status(Host=host) for host in ("evil.example", "evil.example:8000", "127.0.0.1.evil.example")] == [403] * 3
        assert status(Host="127.0.0.1:8000", Origin="http://127.0.0.1:8000") == 202
        assert [status(Host="127.0.0.1:8000", Origin=origin) for origin in ("https://evil.example", "null")] == [403] * 2


def test_texts_that_a_spreadsheet_would_run_are_marked(tmp_path: Path) -> None:
    key, entry = make_key("all", ("write", "read-analytics"))
    with client(tmp_path, entry, seal_age="1s") as service:
        names = ["=1+1", "+1", "-1", "@a", "\ta", " =1", "a=1"]
        service.post("/v1/events", json=[event(n, campaign_id=name) for n, name in enumerate(names)], headers=bearer(key))
    assert ads(tmp_path, "ingest").returncode == 0
    with client(tmp_path, entry) as service:
        query = {"by": "campaign_id", "metric": "clicks", "spreadsheet": "true", "limit": "10"}
        found = service.get("/v1/rollups/campaign_daily", params=query, headers=bearer(key)).json()
    assert {row["campaign_id"] for row in found} == {"'=1+1", "'+1", "'-1", "'@a", "'\ta", "' =1", "a=1"}
    shown = ads(tmp_path, "query", "campaign_daily", "--by", "campaign_id", "--metric", "clicks", "--format", "csv", "--spreadsheet").stdout
    assert '"\'=1+1",1' in shown
