"""What days came to and what has changed of closed ones, over HTTP: the meaning of the commands, and for tenants their rows alone."""

import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi.testclient import TestClient
from playwright.sync_api import expect, sync_playwright

from ads_pipeline.api.app import create_app
from ads_pipeline.api.keys import make_key
from ads_pipeline.days import utc_now
from ads_pipeline.settings import load_settings
from tests.api.conftest import Service, event
from tests.commands import ads
from tests.made import put_database

expect.set_options(timeout=60_000)
DAY = utc_now().date() - timedelta(days=3)
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
URL = "/v1/rollups/campaign_daily"
AT = f"{DAY}T12:00:00Z"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed day that a correction, an event of another campaign and a late one of the first have changed since."""
    home = tmp_path_factory.mktemp("history")
    (home / "sql" / "lookups").mkdir(parents=True)
    (home / "sql" / "lookups" / "campaign_id.csv").write_text("key,name\nc1,Spring sale\n")
    put_database(load_settings(home=home, clickhouse_dsn=""))

    def load(name: str, *events: dict[str, Any]) -> None:
        (home / "landing").mkdir(exist_ok=True)
        (home / "landing" / name).write_text("".join(json.dumps(one) + "\n" for one in events))
        ads(home, "ingest", sql_dir=str(home / "sql"))

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


def test_closed_days_are_read_as_they_were_stated(home: Path) -> None:
    with TestClient(create_app(load_settings(home=home, api_open="loopback"))) as service:
        now = service.get(f"{URL}?by=campaign_id&metric=cost")
        stated = service.get(f"{URL}?by=campaign_id&metric=cost&stated=true")
        assert {one["name"]: one["closed_to"] for one in service.get("/v1/rollups").json()["rollups"]}["campaign_daily"] == str(DAY)
    assert [row["cost"] for row in stated.json()] == [1.1, 2]
    assert [row["cost"] for row in now.json()] == [1.3, 7]
    told = ads(home, "query", "campaign_daily", "--by", "campaign_id", "--metric", "cost", "--as-stated", "--json").stdout
    assert stated.text == told


@pytest.mark.further
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


def test_names_stand_beside_values_where_they_are_asked_for(home: Path) -> None:
    with TestClient(create_app(load_settings(home=home, api_open="loopback"))) as service:
        listed = {one["name"]: one["named"] for one in service.get("/v1/rollups").json()["rollups"]}
        rows = service.get(f"{URL}?by=campaign_id&metric=cost&names=true").json()
        assert [*service.get(f"{URL}?by=campaign_id&metric=cost").json()[0]] == ["campaign_id", "cost"]
    assert listed == {"campaign_daily": ["campaign_id"], "publisher_daily": []}
    assert [(row["campaign_id"], row["campaign_id_name"]) for row in rows] == [("c1", "Spring sale"), ("c2", "")]


@pytest.mark.further
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome on the PATH")
def test_the_page_shows_names_and_what_the_day_came_to(home: Path, serve: Callable[..., Service]) -> None:
    service = serve("--open", home="page", clickhouse_dsn=load_settings(home=home, clickhouse_dsn="").dsn, api_wait="60s")
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]) as browser:
        page = browser.new_page(base_url=service.url)
        page.goto(f"/?by=campaign_id&metric=cost&from={DAY}&to={DAY}")
        expect(page.locator("#rows th")).to_have_text(["c2", "Spring sale"])
        page.get_by_title(f"Where cost of {DAY}, Spring sale comes from").click()
        expect(page.locator("#why-title")).to_have_text(f"cost of campaign_daily, {DAY}, campaign_id = Spring sale (c1)")
        past = page.locator("#parts table").filter(has_text="came to as a whole; the day is closed")
        expect(past.locator("tbody tr")).to_have_count(3)
        assert [line.locator("td").all_inner_texts()[:2] for line in past.locator("tbody tr").all()] == [
            ["settled", "3.1"], ["closed", "3.1"], ["changed", "8.3"],
        ]  # fmt: skip
        restated = page.locator("#parts table").filter(has_text="Restatements").locator("tbody tr td").all_inner_texts()
        assert restated[1:4] == ["1.1", "1.3", "0.2"]
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        page.keyboard.press("Escape")
        page.get_by_title("Show only campaign_id = Spring sale (c1)").click()
        expect(page.locator("#filters button")).to_contain_text("campaign_id = Spring sale (c1)")
        expect(page.locator("#rows tr")).to_have_count(1)
        page.get_by_label("As stated").check()
        expect(page.locator("#rows td.on")).to_have_text("1.10")
        expect(page.locator("#hints")).to_contain_text(f"Days up to {DAY} are closed")
