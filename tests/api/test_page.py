"""The page at `/`, in a browser without a window: its figures are those of `ads query`, and it needs no other host."""

import csv
import json
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, expect, sync_playwright

from ads_pipeline.api.app import create_app
from ads_pipeline.api.keys import make_key
from ads_pipeline.api.pages import PAGES, STATIC
from ads_pipeline.pipeline.query import plan_query, run_raw
from ads_pipeline.pipeline.rollups import find_rollup
from ads_pipeline.pipeline.run import open_to_read
from ads_pipeline.pipeline.why import as_dict, why
from ads_pipeline.settings import load_settings
from tests.api.conftest import Service, busy, event
from tests.commands import ads
from tests.made import put_database

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
METRICS = ("impressions", "clicks", "conversions", "cost", "revenue", "users")
SHARES = ("ctr", "cvr")
MONEY = ("cost", "revenue")
expect.set_options(timeout=60_000)
TODAY = datetime.now(UTC).date()
DAYS = [TODAY - timedelta(days=back) for back in range(13, -1, -1)]
SCRIPT, QUOTED, LONG = '<script>document.title="owned"</script>', "\"'&=,%", "x" * 128
CAMPAIGNS = ["c0", "c1", "c2", SCRIPT, QUOTED, LONG]


def events() -> list[dict[str, Any]]:
    """Two weeks, seven days of which are the period before: a credit, a total that a double cannot hold, ratios without a denominator."""
    sent = [
        event(
            f"{day}-{place}-{kind}",
            event_time=f"{day}T00:00:01Z",
            event_type=kind,
            campaign_id=campaign,
            user_id=f"u{(place + number) % 7}",
            cost=f"{place + number}.{number:06}",
            revenue=f"-{number}.005" if campaign == "c1" else "0.005",
        )
        for number, day in enumerate(DAYS)
        for place, campaign in enumerate(CAMPAIGNS)
        for kind in ("impression", "click")
        if not (kind == "click" and campaign == "c2") and not (campaign == QUOTED and kind == "impression")
    ]
    return [*sent, *(event(f"large{n}", event_time=f"{DAYS[3]}T00:00:01Z", cost=f"{900_000_000 + n}.{n:06}") for n in range(120))]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium, chromium-browser or google-chrome on the PATH")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page") / "home"
    put_database(load_settings(home=folder, clickhouse_dsn=""))
    (folder / "landing").mkdir(parents=True)
    lines = [json.dumps(one) for one in events()]
    (folder / "landing" / "a.ndjson").write_text("\n".join([*lines, "{}"]) + "\n")
    (folder / "landing" / "b.csv").write_bytes(b"\xff\xfe\x00")
    ads(folder, "ingest")
    return folder


@pytest.fixture(scope="module")
def told(home: Path) -> dict[str, Any]:
    """What `ads query` and `ads why` say, all of it before the service has the engine."""
    settings = load_settings(home=home, clickhouse_dsn="")
    with open_to_read(settings) as warehouse:
        rollup = find_rollup(warehouse, settings, "campaign_daily")

        def ask(*by: str, first: date = DAYS[0], last: date = TODAY, **wanted: Any) -> list[dict[str, Any]]:
            plan = plan_query(rollup, first, last, by=by, **wanted)
            rows: list[dict[str, Any]] = json.loads(run_raw(warehouse, plan, "json"), parse_float=Decimal)
            return rows

        campaigns = ask("campaign_id")
        best = [row["campaign_id"] for row in sorted(campaigns, key=lambda row: -row["cost"])[:3]]
        return {
            "days": ask("event_date"),
            "campaigns": campaigns,
            "best": best,
            "others": ask(where={"campaign_id": [name for name in CAMPAIGNS if name not in best]})[0],
            "totals": ask()[0],
            "now": ask("campaign_id", first=DAYS[7]),
            "before": ask("campaign_id", last=DAYS[6]),
            "why": as_dict(why(warehouse, settings, "campaign_daily", DAYS[3], {"campaign_id": ["c1"]}, ["cost"])),
        }


@pytest.fixture(scope="module")
def service(home: Path, told: dict[str, Any]) -> Iterator[Service]:
    del told
    started = Service(home, "--open", api_wait="30s")
    yield started
    started.kill()


@pytest.fixture
def page(browser: Browser, service: Service) -> Iterator[Page]:
    with browser.new_context(base_url=service.url, viewport={"width": 1280, "height": 900}, accept_downloads=True) as context:
        opened = context.new_page()
        wrong: list[str] = []
        opened.on("pageerror", lambda error: wrong.append(str(error)))
        yield opened
        assert wrong == []


def show(page: Page, **query: Any) -> None:
    """Open the page with a choice, and wait for its answer."""
    page.goto("/?" + "&".join(f"{name}={quote(str(value))}" for name, value in query.items()))
    settled(page)


def settled(page: Page) -> None:
    expect(page.locator("#result[aria-busy]")).to_have_count(0)
    expect(page.locator("#note")).not_to_contain_text("asking again")
    expect(page.locator("#result:not([hidden]), #note:is(.error, .empty)").first).to_be_visible()


def table(page: Page) -> list[dict[str, str]]:
    """The rows of the table, those of its foot last, by column; without the changes."""
    lines: list[list[str]] = page.evaluate(
        """() => [...document.querySelectorAll('#scroll tr')].map((row) => [...row.children].map((cell) => {
            const bare = cell.cloneNode(true);
            bare.querySelectorAll('.change, .mark, .sort + .sort').forEach((part) => part.remove());
            return bare.textContent.replace(/ [▾▴]$/, '');
        }))"""
    )
    return [dict(zip(lines[0], line, strict=False)) for line in lines[1:]]


def note(page: Page) -> str:
    return page.locator("#note").inner_text()


def check_figures(shown: dict[str, str], expected: dict[str, Any], *, exact: bool = False) -> None:
    """Counts are shown whole, money in two decimals or to its last digit, ratios to three digits at least."""
    for name, text in shown.items():
        value = expected[name]
        if value is None and name not in METRICS:
            assert text == "\N{EN DASH}", name
        elif name in METRICS:
            assert re.fullmatch(r"-?\d{1,3}(,\d{3})*(\.\d+)?", text), (name, text)
            whole = Decimal(value) if exact or name not in MONEY else Decimal(value).quantize(Decimal("0.01"), ROUND_HALF_UP)
            assert Decimal(text.replace(",", "")) == whole, name
        elif name in SHARES:
            assert float(text.removesuffix(" %").replace(",", "")) == pytest.approx(100 * float(value), abs=0.00501), name
        elif isinstance(value, str):
            assert text == (value or "(none)")
        else:
            assert float(text.replace(",", "")) == pytest.approx(float(value), rel=0.005, abs=0.00501), name


@pytest.mark.further
def test_the_figures_are_those_of_ads_query_whatever_the_ids_are(page: Page, told: dict[str, Any]) -> None:
    days, campaigns, totals, best = told["days"], {row["campaign_id"]: row for row in told["campaigns"]}, told["totals"], told["best"]
    assert Decimal(float(totals["cost"])) != totals["cost"] > 10**11
    show(page)
    for exact in (False, True):
        rows = table(page)
        assert [row["event_date"] for row in rows] == [*(row["event_date"] for row in days), "total"]
        for shown, expected in zip(rows, [*days, {**totals, "event_date": "total"}], strict=True):
            check_figures(shown, expected, exact=exact)
        cards = {card.get_attribute("data-total") or "": card.inner_text() for card in page.locator("[data-total]").all()}
        check_figures(cards, totals, exact=exact)
        page.get_by_label("Every digit").check()
        expect(page).to_have_url(re.compile("exact=1"))
        settled(page)
    assert page.locator("#chart canvas").count() == 1
    assert f"over 14 days, {DAYS[0]} to {TODAY}" in (page.locator("#chart").get_attribute("aria-label") or "")
    assert page.locator("tr.partial").inner_text().startswith(f"{TODAY}so far")
    show(page, by="campaign_id", metric="cost", top=3, exact=1)
    rows = table(page)
    assert [row["campaign_id"] for row in rows] == [*best, "all others", "total"]
    last = [told["others"] | {"campaign_id": "all others"}, totals | {"campaign_id": "total"}]
    for shown, expected in zip(rows, [*(campaigns[name] for name in best), *last], strict=True):
        check_figures(shown, expected, exact=True)
    show(page, by="campaign_id", metric="cost")
    assert {row["campaign_id"] for row in table(page)} == {*CAMPAIGNS, "total"}
    assert page.title() == "cost by campaign_id \N{EN DASH} campaign_daily"


@pytest.mark.further
def test_clicks_filter_sort_compare_and_stand_in_the_url(page: Page, told: dict[str, Any]) -> None:
    show(page, by="campaign_id", metric="clicks", **{"from": DAYS[7], "to": TODAY})
    page.get_by_role("button", name="Sort by revenue", exact=True).click()
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("revenue")
    page.get_by_role("button", name="Sort by revenue", exact=True).click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("revenue")
    settled(page)
    assert table(page)[0]["campaign_id"] == "c1"  # the credits
    page.get_by_label("Compare with the period before").check()
    expect(page.locator("#rows .change").first).to_be_visible()
    settled(page)
    change = {row["campaign_id"]: row["cost"] / was["cost"] - 1 for row, was in zip(told["now"], told["before"], strict=True)}
    cost = 1 + [*table(page)[0]].index("cost")
    for line in page.locator("#rows tr").all():
        shown = line.locator(f":nth-child({cost}) .change").inner_text().removesuffix(" %").replace("\N{MINUS SIGN}", "-").replace(",", "")
        key = line.locator("th").inner_text()
        assert float(shown) == pytest.approx(float(100 * change[key]), abs=0.51 if abs(change[key]) > 1 else 0.051), key
    page.get_by_role("button", name="Sort by the change of cost").click()
    settled(page)
    assert [row["campaign_id"] for row in table(page)][:-1] == sorted(change, key=lambda name: -change[name])
    page.get_by_title(f"Show only campaign_id = {SCRIPT}").click()
    expect(page.locator("#filters button")).to_have_text(f"campaign_id = {SCRIPT} \N{MULTIPLICATION SIGN}")
    settled(page)
    assert [row["campaign_id"] for row in table(page)] == [SCRIPT, "total"]
    url = page.url
    page.go_back()
    expect(page.locator("#filters")).to_be_hidden()
    page.goto(url)
    settled(page)
    assert [row["campaign_id"] for row in table(page)] == [SCRIPT, "total"]
    page.locator("#by").get_by_label("event_date").check()
    settled(page)
    expect(page.locator("#rows tr")).to_have_count(7)
    page.get_by_role("button", name="Today", exact=True).click()
    expect(page.locator("#rows tr")).to_have_count(1)
    assert "range=today" in page.url
    assert "is not over: it is compared with a whole day" in page.locator("#hints").inner_text()


@pytest.mark.slow
def test_keys_alone_reach_everything_and_the_chart_is_read_day_by_day(page: Page, told: dict[str, Any]) -> None:
    show(page, metric="cost")
    page.locator("#chart").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#reading")).to_have_text(f"{DAYS[1]}: cost {told['days'][1]['cost']:.2f}")
    page.locator("[data-metric=ctr]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-metric=ctr]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-metric=ctr]")).to_be_focused()
    expect(page.locator("#heading")).to_have_text("cost and ctr by day")
    page.get_by_role("button", name="Sort by clicks", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("clicks")
    expect(page.get_by_role("button", name="Sort by clicks", exact=True)).to_be_focused()


@pytest.mark.further
def test_a_number_is_taken_apart_and_the_parts_add_up(page: Page, told: dict[str, Any]) -> None:
    day = str(DAYS[3])
    show(page, by="event_date,campaign_id", metric="cost", **{"from": day, "to": day})
    page.get_by_title(f"Where cost of {day}, c1 comes from").click()
    expect(page.locator("#why table").first).to_be_visible()
    rows = [line.locator("th, td").all_inner_texts() for line in page.locator("#parts table").first.locator("tbody tr").all()]
    values = {row[0]: Decimal(row[2].replace(",", "")) for row in rows}
    apart = told["why"]
    assert values == {part["drop"]: part["values"]["cost"] for part in apart["parts"]} | {"total": apart["value"]["cost"]}
    url = page.url
    page.keyboard.press("Escape")
    expect(page.locator("#why")).to_be_hidden()
    assert "why=" not in page.url
    page.goto(url)
    expect(page.locator("#why-title")).to_have_text(f"cost of campaign_daily, {day}, campaign_id = c1")


@pytest.mark.slow
def test_the_files_are_what_is_seen(page: Page, tmp_path: Path) -> None:
    show(page, by="campaign_id", metric="cost", top=2, where="ad_id=")
    for name, ending in (("CSV", "csv"), ("Parquet", "parquet")):
        with page.expect_download() as loading:
            page.get_by_role("button", name=name).click()
        loading.value.save_as(tmp_path / f"a.{ending}")
        assert loading.value.suggested_filename == f"campaign_daily_campaign_id_{DAYS[0]}_{TODAY}.{ending}"
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text().splitlines()))
    assert [row["part"] for row in rows] == ["row", "row", "other", "total"]
    assert (tmp_path / "a.parquet").read_bytes()[:4] == b"PAR1"


@pytest.mark.slow
def test_the_header_links_to_what_it_means(page: Page) -> None:
    show(page)
    texts = page.locator("#status li").all_inner_texts()
    assert texts[0] == f"data until {TODAY} (today, so far)"
    assert re.fullmatch(r"loaded \d+ (second|minute)s? ago", texts[1])
    assert texts[2] == "1 failed drop"
    assert re.fullmatch(r"0\.\d+ % in quarantine", texts[3])
    assert texts[4] == "1 failing check"
    page.get_by_role("link", name="1 failing check").click()
    assert "events.no_failed_drop (error" in page.locator("#failing").inner_text()
    assert page.locator("#means-checks").evaluate("(part) => part.matches(':target')")
    settled(page)


def test_no_data_and_what_is_unknown_are_said(page: Page) -> None:
    show(page, **{"from": "2020-01-01", "to": "2020-01-02"})
    assert "No events in these days" in note(page)
    assert "ads ingest" in note(page)
    assert page.locator("#result").is_hidden()
    page.get_by_role("button", name="28 days").click()  # a way back
    expect(page.locator("#result")).to_be_visible()
    show(page, by="planet")
    assert "unknown dimension 'planet' of campaign_daily" in note(page).replace("Unknown", "unknown")
    show(page, by="event_date", where="campaign_id=nobody's")
    assert "with these filters" in note(page)


@pytest.mark.slow
def test_while_the_engine_is_busy_the_last_answer_stands_as_of_its_time(page: Page, home: Path) -> None:
    show(page, by="campaign_id", metric="cost")
    seen = table(page)
    with busy(home):
        page.reload()
        expect(page.locator("#note")).to_contain_text("As of ")
        assert table(page) == seen
        expect(page.locator("#note")).to_contain_text("the engine is busy")
        page.get_by_role("button", name="Sort by users", exact=True).click()  # never asked for before
        expect(page.locator("#result[aria-busy]")).to_be_visible()
        assert table(page) == seen
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("users")
    settled(page)


@pytest.mark.further
def test_a_wrong_key_is_told_and_a_right_one_shows_its_values_alone(browser: Browser, serve: Callable[..., Service], home: Path) -> None:
    key, entry = make_key("c1", ("read-analytics",), only=("campaign_id=c1",))
    service = serve(home="keys", api_keys=entry, clickhouse_dsn=load_settings(home=home, clickhouse_dsn="").dsn, api_wait="60s")
    with browser.new_context(base_url=service.url) as context:
        page = context.new_page()
        page.goto("/?by=campaign_id")
        expect(page.locator("#note")).to_contain_text("asks for an API key")
        page.get_by_role("textbox", name="API key").fill("wrong")
        page.get_by_role("button", name="Use key").click()
        expect(page.locator("#note")).to_contain_text(re.compile("unknown API key", re.IGNORECASE))
        assert page.locator("#result").is_hidden()
        page.get_by_role("textbox", name="API key").fill(key)
        page.get_by_role("button", name="Use key").click()
        settled(page)
        assert [row["campaign_id"] for row in table(page)] == ["c1", "total"]
        assert page.locator("#status li").count() == 2  # failed drops, quarantine and checks are of all
        page.get_by_role("button", name="Forget key").click()
        expect(page.locator("#note")).to_contain_text("asks for an API key")
        assert page.evaluate("Object.keys(sessionStorage)") == []


@pytest.mark.further
@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
@pytest.mark.parametrize("width", [390, pytest.param(1400, marks=pytest.mark.slow)])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_window(browser: Browser, service: Service, width: int, scheme: Any) -> None:
    with browser.new_context(base_url=service.url, viewport={"width": width, "height": 844}, color_scheme=scheme) as context:
        page = context.new_page()
        for query in (
            "by=campaign_id&compare=1&metric=cost,ctr&top=3&where=ad_id%3D",
            "why=cost&at=" + str(DAYS[3]),
            "from=2020-01-01&to=2020-01-02",
        ):
            page.goto(f"/?{query}")
            settled(page)
            if "why" in query:
                expect(page.locator("#why table").first).to_be_visible()
            else:
                page.locator("#menu summary").click()
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), query


@pytest.mark.slow
def test_ten_thousand_campaigns_and_one_day(browser: Browser, serve: Callable[..., Service], tmp_path: Path) -> None:
    home = tmp_path / "service"
    (home / "landing").mkdir(parents=True)
    lines = [json.dumps(event(n, campaign_id=f"campaign {n:05}", cost=f"{n}.01", user_id=f"u{n % 100}")) for n in range(10_000)]
    (home / "landing" / "a.ndjson").write_text("\n".join(lines) + "\n")
    assert ads(home, "ingest").returncode == 0
    with browser.new_context(base_url=serve("--open").url) as context:
        page = context.new_page()
        page.goto("/?by=campaign_id&metric=cost&top=1000")
        settled(page)
        rows = table(page)
        assert (len(rows), rows[0]["campaign_id"], rows[-2]["campaign_id"]) == (1002, "campaign 09999", "all others")
        assert (rows[-1]["clicks"], rows[-1]["cost"], rows[-1]["users"]) == ("10,000", "49,995,100.00", "100")
        assert rows[-2]["users"] == "100"
        page.get_by_title("Where cost of", exact=False).first.click()
        expect(page.locator("#why table").first).to_be_visible()


@pytest.mark.further
def test_the_docs_show_every_operation(browser: Browser, service: Service) -> None:
    with browser.new_context(base_url=service.url) as context:
        page = context.new_page()
        page.goto("/docs")
        page.locator(".opblock").first.wait_for()
        paths = httpx.get(f"{service.url}/openapi.json").json()["paths"]
        shown = [part.get_attribute("data-path") for part in page.locator("[data-path]").all()]
        assert set(shown) == set(paths)
        assert page.locator(".opblock").count() == sum(len(operations) for operations in paths.values())


@pytest.mark.parametrize("path", PAGES)
def test_the_pages_may_ask_no_other_host(path: str, tmp_path: Path) -> None:
    with TestClient(create_app(load_settings(home=tmp_path, api_open="loopback"))) as service:
        page = service.get(path)
        assert page.headers["content-security-policy"].startswith("default-src 'self'; ")
        for name in re.findall(r'(?:src|href)="([^"#]+)"', page.text):
            assert name == "data:," or service.get(f"/{name.removeprefix('/')}").status_code == 200, name


OWN = [*PAGES.values(), *sorted(STATIC.glob("*.*")), *sorted((STATIC / "page").glob("*.js"))]


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_the_pages_need_no_other_host_and_nothing_inline(path: Path) -> None:
    text = path.read_text()
    assert re.findall(r"https?://\S+|[\"'(]//\w\S*", text) == []
    assert len(text.splitlines()) <= 250
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", text) == []
    if path.suffix == ".html":
        assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text) == []
