"""The shipped sources on files of their exports: the totals that the reports themselves say, the same export again, restated sums."""

import csv
import os
import time
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.pipeline.drafts.names import EXPORTS
from ads_pipeline.pipeline.forget import forget
from ads_pipeline.pipeline.run import begin_run
from ads_pipeline.pipeline.sources import source_files
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.statements import shipped_folder
from tests.engine.conftest import Home

FOLDER = shipped_folder() / "sources"
SOURCES = sorted(source_files(load_settings()).keys() - {"events", "adbids"})
GIVEN = [path for name in SOURCES for path in sorted(FOLDER.glob(f"{name}/*/given*")) if path.parent.name != "restated"]

BY_DEFAULT = ("appsflyer", "google_ads", "openrtb")
"""One of raw data, one of reports, one of several events a line."""

ALL = "SELECT count() AS events, sum(quantity) AS quantity, sum(cost) AS cost, sum(revenue) AS revenue FROM events_current"


@pytest.fixture
def kept(make_home: Callable[..., Home]) -> Home:
    """A home that keeps events of any day."""
    return make_home(retention_days=0)


def put(home: Home, name: str, content: bytes, age: int) -> None:
    path = Path(home.settings.landing) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (time.time() - age, time.time() - age))


def named(round_: str, path: Path) -> str:
    """The name of a drop of an example's file."""
    return f"{path.parent.parent.name}/{round_}-{path.parent.name}{path.suffix}"


def written_otherwise(path: Path) -> bytes:
    """The same export with its columns in another order and their names in another style; text without a header as it is."""
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix != ".csv" or text.startswith(("Ad performance", '"Report')):
        return path.read_bytes()
    rows = list(csv.reader(StringIO(text, newline="")))
    places = list(range(len(rows[0])))[::-1]
    header = [rows[0][place].upper().replace(" ", "_") for place in places]
    again = StringIO()
    csv.writer(again, delimiter=",", quoting=csv.QUOTE_ALL).writerows(
        [header, *([row[place] if place < len(row) else "" for place in places] for row in rows[1:])]
    )
    return again.getvalue().encode()


def marked(name: str) -> Any:
    """The first of `BY_DEFAULT` runs by default."""
    return pytest.param(name, marks=[pytest.mark.further if name in BY_DEFAULT else pytest.mark.slow] * (name != BY_DEFAULT[0]))


@pytest.mark.parametrize("name", [marked(name) for name in SOURCES])
def test_the_same_exports_again_repeat_all_their_events_whatever_the_order_and_the_style_of_their_columns(kept: Home, name: str) -> None:
    given = [path for path in GIVEN if path.parent.parent.name == name]
    for path in given:
        put(kept, named("1", path), path.read_bytes(), 60)
    assert not kept.ingest().errors
    before = kept.ask(ALL)
    first = counts(kept, "1-")
    for path in given:
        put(kept, named("2", path), written_otherwise(path), 30)
    assert not kept.ingest().errors
    assert kept.ask(ALL) == before
    again = counts(kept, "2-")
    assert [row["source"] for row in again] == [name]
    for one, other in zip(first, again, strict=True):
        assert one["accepted"] > 0
        assert one["corrections"] == 0, one
        repeated = {"accepted": 0, "duplicates": one["accepted"] + one["duplicates"], "corrections": 0}
        assert other == one | repeated


def counts(home: Home, prefix: str) -> list[dict[str, Any]]:
    return home.ask(
        "SELECT source, sum(lines) AS lines, sum(accepted) AS accepted, sum(duplicates) AS duplicates, sum(corrections) AS corrections,"
        " sum(quarantined) AS quarantined, sum(ignored) AS ignored FROM drops FINAL"
        f" WHERE drop LIKE '%/{prefix}%' GROUP BY source ORDER BY source"
    )


# a report, how many lines stand before its header, and its columns: day, impressions, clicks, conversions, cost, revenue
REPORTS = {
    "google_ads/report": (2, "Day", "Impr.", "Clicks", "Conversions", "Cost", "Conv. value"),
    "meta_ads/by_day": (0, "Day", "Impressions", "Link clicks", "Purchases", "Amount spent (EUR)", "Purchases conversion value"),
    "tiktok_ads/by_day": (0, "By Day", "Impressions", "Clicks (destination)", "Conversions", "Cost", "Total purchase value"),
    "microsoft_ads/with_report_header": (10, "TimePeriod", "Impressions", "Clicks", "Conversions", "Spend", "Revenue"),
}


def sums_of(name: str) -> list[Decimal]:
    """The sums of a report's rows of one day, read by Python; a row without any count is refused."""
    skip, day, *columns = REPORTS[name]
    text = (FOLDER / name / "given.csv").read_text(encoding="utf-8-sig")
    rows = csv.DictReader(StringIO("".join(text.splitlines(keepends=True)[skip:]), newline=""))
    sums = [Decimal(0)] * len(columns)
    for row in rows:
        cells = [(row[column] or "").replace(",", "").strip(" -") or "0" for column in columns]
        if not any(character.isdigit() for character in row[day] or ""):
            continue
        values = [Decimal(cell) for cell in cells]
        values[2] = values[2].quantize(Decimal(1), ROUND_HALF_UP)
        if any(values[:3]):
            sums = [total + value for total, value in zip(sums, values, strict=True)]
    return sums


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.slow] * (name != "google_ads/report")) for name in REPORTS])
def test_a_report_has_its_own_totals(kept: Home, name: str) -> None:
    put(kept, f"{name}.csv", (FOLDER / name / "given.csv").read_bytes(), 60)
    assert not kept.ingest().errors
    (row,) = kept.ask(
        "SELECT toString(sum(impressions)) AS impressions, toString(sum(clicks)) AS clicks, toString(sum(conversions)) AS conversions,"
        " toString(sum(cost)) AS cost, toString(sum(revenue)) AS revenue FROM campaign_daily_report"
    )
    assert [Decimal(value) for value in row.values()] == sums_of(name)


@pytest.mark.further
def test_a_report_that_is_fetched_again_corrects_itself_and_a_count_that_fell_to_nothing_goes_with_the_earlier_drop(kept: Home) -> None:
    head = "Day,Campaign ID,Impr.,Clicks,Cost,Conversions,Conv. value\n"
    put(kept, "google_ads/monday.csv", f"{head}2025-11-03,1,100,9,4.50,2,50.00\n2025-11-03,2,70,3,1.50,0,0\n".encode(), 60)
    kept.ingest()
    put(kept, "google_ads/tuesday.csv", f"{head}2025-11-03,1,101,9,4.56,0,0\n2025-11-03,2,70,3,1.50,0,0\n".encode(), 30)
    assert totals(kept.ingest()) == (0, 3, 1)
    assert shown(kept) == [101 + 70, 12, 2, "6.06", "50"], "the conversions of the earlier report are still there"
    forget(begin_run(kept.warehouse, kept.settings), kept.store, ["google_ads/monday.csv"])
    kept.ingest()
    assert shown(kept) == [101 + 70, 12, 0, "6.06", "0"]


def totals(report: Any) -> tuple[int, int, int]:
    return report.counts.accepted, report.counts.duplicates, report.counts.corrections


def shown(home: Home) -> list[Any]:
    (row,) = home.ask(
        "SELECT sum(impressions) AS i, sum(clicks) AS k, sum(conversions) AS v, toString(sum(cost)) AS c, toString(sum(revenue)) AS r"
        " FROM campaign_daily_report"
    )
    return list(row.values())


def test_each_export_that_is_known_by_its_columns_has_a_source() -> None:
    assert EXPORTS.keys() == set(SOURCES) - {"bid_log"}
