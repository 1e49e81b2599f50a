"""The page at `/`, in a browser without a window: its figures are those of `ads query`, and it needs no other host."""

import html
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from ads_pipeline.api.app import create_app
from ads_pipeline.api.keys import make_key
from ads_pipeline.api.pages import PAGES, STATIC
from ads_pipeline.settings import load_settings
from tests.api.conftest import Service, event
from tests.commands import ads

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-component-update",
    "disable-sync", "virtual-time-budget=10000", "window-size=1280,900", "dump-dom",
)  # fmt: skip

METRICS = ("impressions", "clicks", "conversions", "cost", "revenue", "users")
SHARES = ("ctr", "cvr")


@pytest.fixture
def look(tmp_path: Path) -> Callable[[str], str]:
    """The DOM of a page, when its requests are done."""
    if CHROMIUM is None:
        pytest.skip("no chromium, chromium-browser or google-chrome on the PATH")

    def look(url: str) -> str:
        command = [CHROMIUM, *(f"--{flag}" for flag in FLAGS), f"--user-data-dir={tmp_path / 'browser'}", url]
        result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=90)
        assert result.stdout, result.stderr  # it ends with 0 when it cannot connect, too
        return result.stdout

    return look


def asked(home: Path, by: str) -> list[dict[str, Any]]:
    """Rows of `ads query`, money exact."""
    result = ads(home, "query", "campaign_daily", "--by", by, "--json")
    rows: list[dict[str, Any]] = json.loads(result.stdout, parse_float=Decimal)
    return rows


def table(dom: str) -> list[dict[str, str]]:
    """The rows of the page's table, by column."""
    lines = [re.findall(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", line) for line in re.findall(r"<tr>(.*?)</tr>", dom)]
    texts = [[html.unescape(re.sub(r"<[^>]+>", "", cell)) for cell in line] for line in lines]
    return [dict(zip(texts[0], line, strict=True)) for line in texts[1:]]


def note(dom: str) -> str:
    """What the page says."""
    found = re.search(r'<p id="note"[^>]*>(.*?)</p>', dom)
    assert found, dom
    return html.unescape(re.sub(r"<[^>]+>", "", found[1]))


def check_figures(shown: dict[str, str], expected: dict[str, Any]) -> None:
    """Metrics are shown to their last digit, ratios to three at least."""
    for name, text in shown.items():
        value = expected[name]
        if value is None:
            assert text == "\N{EN DASH}", name
        elif name in METRICS:
            assert re.fullmatch(r"\d{1,3}(,\d{3})*(\.\d+)?", text), (name, text)
            assert Decimal(text.replace(",", "")) == value, name
        elif name in SHARES:
            assert float(text.removesuffix(" %")) == pytest.approx(100 * float(value), abs=0.00501), name
        elif isinstance(value, str):
            assert text == value
        else:
            assert float(text.replace(",", "")) == pytest.approx(float(value), rel=0.005, abs=0.00501), name


def check_parts(dom: str, told: dict[str, Any], metric: str) -> None:
    """The dialog's first table has the parts that `ads why` has, and its last row their sum."""
    assert '<dialog id="why" aria-labelledby="why-title" open' in dom
    found = re.search(r'<div id="parts".*?<table>(.*?)</table>', dom, re.DOTALL)
    assert found, dom
    rows = [re.findall(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", line) for line in re.findall(r"<tr[^>]*>(.*?)</tr>", found[1])]
    values = {row[0]: Decimal(row[2].replace(",", "")) for row in rows[1:]}
    assert values == {part["drop"]: part["values"][metric] for part in told["parts"]} | {"total": told["value"][metric]}
    assert sum(values.values()) == 2 * values["total"]


@pytest.mark.further
def test_the_page_shows_what_ads_query_does(look: Callable[[str], str], serve: Callable[..., Service], tmp_path: Path) -> None:
    home = tmp_path / "service"
    assert ads(home, "generate", "--out", str(home / "landing"), "--events", "400", "--days", "4", "--drops", "2").returncode == 0
    # a total that a double cannot hold
    large = [json.dumps(event(f"large{place}") | {"campaign_id": "large", "cost": 900_000_000}) for place in range(150)]
    lines = (line.replace("900000000", f"{900_000_000 + place}.{place:06d}") for place, line in enumerate(large))
    (home / "landing" / "large.ndjson").write_text("\n".join(lines) + "\n")
    assert ads(home, "ingest").returncode == 0
    [totals], days, campaigns = asked(home, ""), asked(home, "event_date"), asked(home, "campaign_id")
    assert Decimal(float(totals["cost"])) != totals["cost"] > 10**11

    service = serve("--open")
    dom = look(service.url)
    check_figures(dict(re.findall(r'data-total="(\w+)">([^<]+)<', dom)), totals)
    assert [row["event_date"] for row in table(dom)] == [row["event_date"] for row in days]
    for shown, expected in zip(table(dom), days, strict=True):
        check_figures(shown, expected)
    assert re.search(r'<svg id="chart" role="img"[^>]* aria-label="Line chart of impressions over 4 days', dom)
    assert re.search(r'<path class="line" d="M[\d.]+,[\d.]+L', dom)
    assert note(dom) == ""

    dom = look(f"{service.url}/?by=campaign_id&metric=cost")
    by_campaign = {row["campaign_id"]: row for row in campaigns}
    assert any(row["cpa"] is None for row in campaigns)
    assert {row["campaign_id"] for row in table(dom)} == set(by_campaign)
    assert table(dom)[0]["campaign_id"] == "large"
    for shown in table(dom):
        check_figures(shown, by_campaign[shown["campaign_id"]])
    assert dom.count('<g class="bar">') == min(20, len(campaigns))
    assert 'aria-label="Bar chart of cost: the top 20 by campaign_id, large first"' in dom

    day = str(days[0]["event_date"])
    dom = look(f"{service.url}/?by=event_date&metric=cost&why=cost&at={day}")
    told = json.loads(ads(home, "why", "campaign_daily", "--day", day, "--metric", "cost", "--json").stdout, parse_float=Decimal)
    check_parts(dom, told, "cost")
    dom = look(f"{service.url}/?by=campaign_id&from={day}&to={day}&why=users&at=large")
    assert "users of campaign_daily" in dom
    assert "campaign_id = large" in dom

    dom = look(f"{service.url}/?from=2020-01-01&to=2020-01-02")
    assert "No events in these days" in note(dom)
    assert "ads ingest" in note(dom)
    assert '<main id="result" hidden' in dom
    assert "unknown dimension 'planet' of campaign_daily" in note(look(f"{service.url}/?by=planet"))

    dom = look(serve(home="keys", api_keys=make_key("analyst", ("read-analytics",))[1]).url)
    assert "asks for an API key" in note(dom)
    assert re.search(r'<form id="access">.*<input type="password"', dom, re.DOTALL)
    assert '<main id="result" hidden' in dom


@pytest.mark.further
def test_the_docs_show_every_operation(look: Callable[[str], str], serve: Callable[..., Service]) -> None:
    service = serve("--open")
    dom = look(f"{service.url}/docs")
    paths = httpx.get(f"{service.url}/openapi.json").json()["paths"]
    assert set(re.findall(r'data-path="([^"]+)"', dom)) == set(paths)
    assert len(re.findall(r'class="opblock opblock-(?:get|post)"', dom)) == sum(len(operations) for operations in paths.values())


@pytest.mark.parametrize("path", PAGES)
def test_the_pages_may_ask_no_other_host(path: str, tmp_path: Path) -> None:
    with TestClient(create_app(load_settings(home=tmp_path, api_open="loopback"))) as service:
        page = service.get(path)
        assert page.headers["content-security-policy"].startswith("default-src 'self'; ")
        for name in re.findall(r'(?:src|href)="([^"#]+)"', page.text):
            assert service.get(f"/{name.removeprefix('/')}").status_code == 200, name


@pytest.mark.parametrize("path", [*PAGES.values(), *sorted(STATIC.glob("*.*"))], ids=lambda path: path.name)
def test_the_pages_need_no_other_host_and_nothing_inline(path: Path) -> None:
    text = path.read_text()
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg\b)\S+|[\"'(]//\w\S*", text) == []
    if path.suffix == ".html":
        assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text) == []
