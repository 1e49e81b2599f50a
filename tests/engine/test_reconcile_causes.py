"""`reconcile` says why figures differ: faults of each kind are planted, and the platform's report is made from what was planted."""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from ads_pipeline.pipeline.reconcile import Reconciliation, parse_tolerances, reconcile
from ads_pipeline.pipeline.run import apply_changes
from ads_pipeline.pipeline.why import why
from tests.engine.conftest import Home, event, kept_for_ever

pytestmark = pytest.mark.further

DAY, NEXT = "2026-11-10", "2026-11-11"

MISSING = (
    "missing drop: 2 drops that landed on 2026-11-11 are not loaded (d.ndjson.gz is failed, f.ndjson is waiting); the rest is unexplained"
)

BIDS = """
SELECT
    *,
    arrayMap(imp -> CAST(JSONExtractKeysAndValuesRaw(imp), 'Map(String, String)'), JSONExtractArrayRaw(fields['imp'])) AS events,
    'no imp' AS ignored_because
FROM lines
"""


@pytest.fixture
def home(home: Home, make_home: Callable[..., Home]) -> Home:
    """A home that keeps raw rows for ever: the days of these tests are fixed."""
    del home
    return kept_for_ever(make_home)


def land(home: Home, name: str, lines: Sequence[dict[str, Any] | str], hours: float) -> None:
    """Land a drop so many hours after `DAY` had ended."""
    home.land(name, *lines)
    landed = (datetime.fromisoformat(NEXT).replace(tzinfo=UTC) + timedelta(hours=hours)).timestamp()
    os.utime(Path(home.settings.landing) / name, (landed, landed))


class Report:
    """A platform's report, which counts what it is given."""

    def __init__(self, digits: int = 6) -> None:
        self.digits = digits
        self.clicks, self.cost = Counter[tuple[str, str]](), Counter[tuple[str, str]]()

    def count(self, *events: dict[str, Any], cost: str = "", day: Callable[[datetime], datetime] = lambda moment: moment) -> None:
        for one in events:
            key = str(day(datetime.fromisoformat(one["event_time"])).date()), one["campaign_id"]
            self.clicks[key] += 1
            self.cost[key] += Decimal(cost or one["cost"])  # type: ignore[assignment]

    def write(self, home: Home) -> Path:
        path = Path(home.settings.home) / "report.csv"
        rows = [f"{day},{name},{self.clicks[day, name]},{self.cost[day, name]:.{self.digits}f}\n" for day, name in sorted(self.clicks)]
        path.write_text("".join(["Day,Campaign ID,Clicks,Cost\n", *rows]))
        return path


def compared(home: Home, report: Report, *allowed: str, **more: Any) -> Reconciliation:
    return reconcile(home.warehouse, home.settings, "campaign_daily", report.write(home), (), parse_tolerances(allowed), **more)


def said(found: Reconciliation) -> dict[tuple[str, str], str]:
    return {(str(one.day), one.keys["campaign_id"]): "; ".join(one.explanations) for one in found.differences}


def clicks(campaign: str, *numbers: int, **fields: Any) -> list[dict[str, Any]]:
    return [event(0, day=DAY, **{"campaign_id": campaign, "event_id": f"{campaign}-{number}"} | fields) for number in numbers]


@pytest.mark.each_engine
def test_each_cause_is_told_from_the_others(home: Home) -> None:
    report = Report()
    good = [one for name in ("clean", "refused", "late", "twice", "mixed", "odd", "corrected", "partly") for one in clicks(name, 1, 2, 3)]
    no_number, no_device = clicks("refused", 4, 5, cost="n/a"), clicks("refused", 6, device="toaster")
    late, mixed_late = clicks("late", 4, 5), clicks("mixed", 5, 6, 7)
    mixed_refused, partly = clicks("mixed", 4, country="Germany"), clicks("partly", 4, country="Germany")
    gone = clicks("gone", 1, 2)
    corrected = clicks("corrected", 3, cost="9.75")
    land(home, "a.ndjson", [*good, *no_number, *no_device, *mixed_refused, *partly], 0.5)
    land(home, "b.ndjson", clicks("twice", 1, 3), 0.6)
    land(home, "c.ndjson", corrected, 0.7)
    land(home, "d.ndjson.gz", gone, 0.8)  # no gzip: it fails
    land(home, "e.ndjson", [*late, *mixed_late], 30)
    home.ingest()
    land(home, "f.ndjson", clicks("nowhere", 1), 0.9)  # no run has loaded it
    report.count(*good, *no_device, *mixed_refused, *partly, *clicks("twice", 1, 3), *gone)
    report.count(*no_number, cost="0.25")
    report.count(*clicks("odd", 4), *clicks("partly", 5), *clicks("nowhere", 1))

    assert said(compared(home, report)) == {
        (DAY, "refused"): "quarantined: 2 lines invalid:cost (2 clicks), 1 line invalid:device (1 clicks, 0.25 cost)",
        (DAY, "late"): "late: 2 clicks, 0.5 cost landed more than 24 h after the day had ended",
        (DAY, "twice"): "duplicates: 2 clicks, 0.5 cost received again and counted once",
        (DAY, "mixed"): "quarantined: 1 line invalid:country (1 clicks, 0.25 cost); "
        "late: 3 clicks, 0.75 cost landed more than 24 h after the day had ended",
        (DAY, "odd"): MISSING,
        (DAY, "partly"): "quarantined: 1 line invalid:country (1 clicks, 0.25 cost); " + MISSING,
        (DAY, "nowhere"): "only in the file; " + MISSING,
        (DAY, "gone"): "only in the file; " + MISSING,
        (DAY, "corrected"): "corrected: 1 clicks, 9.75 cost as later content of the same events says; the rest is unexplained",
    }


def test_a_time_zone_is_found_and_what_it_does_not_explain_is_not_laid_on_it(home: Home) -> None:
    report = Report()
    hours = [f"2026-11-{day:02}T{hour:02}:15:00Z" for day in range(8, 14) for hour in range(24)]
    moments = [moment for moment in hours for _ in range(crc32(moment.encode()) % 7)]
    names = [(moment, name) for moment in moments for name in ("c1", "c2")]
    events = [event(number, event_time=moment, campaign_id=name) for number, (moment, name) in enumerate(names)]
    land(home, "a.ndjson", events, 100)
    home.ingest()
    report.count(*events, day=lambda moment: moment - timedelta(hours=5))
    for key in list(report.clicks):
        if key[0] < "2026-11-09" or key[0] > "2026-11-12":
            del report.clicks[key]
    report.clicks[NEXT, "c2"] += 1
    found = compared(home, report)
    zone = "time zone: matches when days are counted in UTC-5"
    own = Report()
    own.count(*events)
    wanted = {key: zone for key, count in report.clicks.items() if count != own.clicks[key] and key != (NEXT, "c2")}
    assert said(found) == wanted | {(NEXT, "c2"): "unexplained"}
    assert f"time zone: {len(wanted)} of the days and keys that differ match when days are counted in UTC-5" in found.notes
    assert len(wanted) > 4


def test_keys_that_the_file_lacks_do_not_make_a_time_zone(home: Home) -> None:
    """Counted elsewhere, their events are outside of the days of the file: that is so of any of them."""
    report = Report()
    land(home, "a.ndjson", [*clicks("c1", 1, 2), *clicks("c2", 3), *clicks("c3", 4)], 0.5)
    home.ingest()
    report.count(*clicks("c1", 1, 2))
    found = compared(home, report)
    assert said(found) == {(DAY, name): "only in the rollup; unexplained" for name in ("c2", "c3")}
    assert not any(note.startswith("time zone") for note in found.notes)


def test_rounding_is_told_from_a_cent_that_is_missing(home: Home) -> None:
    report = Report(digits=2)
    events = [*clicks("rounded", 1, 2, cost="0.333"), *clicks("cent", 1, cost="0.334")]
    land(home, "a.ndjson", events, 0.5)
    home.ingest()
    report.count(*clicks("rounded", 1, 2, cost="0.333"), *clicks("cent", 1, cost="0.32"))
    found = compared(home, report)
    assert said(found) == {(DAY, "rounded"): "rounding: cost has 2 decimals in the file (1 row)", (DAY, "cent"): "unexplained"}
    assert said(compared(home, report, "cost=0.02")) == {(DAY, "rounded"): "", (DAY, "cent"): ""}


def test_lines_that_a_source_ignores_and_records_of_one_line(make_home: Callable[..., Home], tmp_path: Path) -> None:
    (tmp_path / "sql" / "sources").mkdir(parents=True)
    (tmp_path / "sql" / "sources" / "bids.sql").write_text(BIDS)
    home, report = make_home(retention_days=0, sql_dir=tmp_path / "sql"), Report()
    apply_changes(home.warehouse, home.settings)
    good, bad = clicks("c1", 1, 2), clicks("c2", 3, device="toaster")
    land(home, "bids/a.ndjson", [{"imp": [*good, *bad]}, {"imp": []}, {"imp": []}], 0.5)
    home.ingest()
    report.count(*good, *bad, *clicks("c3", 1))
    assert said(compared(home, report)) == {
        (DAY, "c2"): "only in the file; quarantined: 1 line invalid:device (1 clicks, 0.25 cost)",
        (DAY, "c3"): "only in the file; ignored: 2 lines of this day's drops (2 no imp), whatever their key; the rest is unexplained",
    }


LOCAL = """-- time zone: Asia/Tokyo
SELECT
    *,
    map(
        'event_id', as_token('x-' || as_text(fields['id'])), 'event_time', local_time(fields['at']), 'event_type', '"click"',
        'campaign_id', clean(fields['campaign']), 'cost', money(fields['price']), 'device', fields['device']) AS event
FROM lines
"""


def test_refused_lines_of_a_source_are_read_by_its_parts_in_its_time_zone(make_home: Callable[..., Home], tmp_path: Path) -> None:
    (tmp_path / "sql" / "sources").mkdir(parents=True)
    (tmp_path / "sql" / "sources" / "shop.sql").write_text(LOCAL)
    home, report = make_home(retention_days=0, sql_dir=tmp_path / "sql"), Report()
    apply_changes(home.warehouse, home.settings)
    line = {"at": f"{NEXT} 01:30:00", "campaign": " c1 ", "price": "$1,000.25"}
    land(home, "shop/a.ndjson", [line | {"id": 1}, line | {"id": 2, "device": "toaster"}], 0.5)
    home.ingest()
    report.count(*clicks("c1", 1, 2, cost="1000.25"))
    assert said(compared(home, report)) == {(DAY, "c1"): "quarantined: 1 line invalid:device (1 clicks, 1,000.25 cost)"}
    (refused,) = why(home.warehouse, home.settings, "campaign_daily", datetime.fromisoformat(DAY).date(), {"campaign_id": ["c1"]}).refused
    assert (refused.source, refused.lines) == ("shop", 1)
    (tmp_path / "sql" / "sources" / "shop.sql").write_text(LOCAL.replace("money(", "local_time_in("))
    (note,) = compared(home, report).notes
    assert "source shop were not looked at" in note
