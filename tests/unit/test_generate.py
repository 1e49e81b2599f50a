"""Generated drops: the same seed writes the same bytes, and the truth is what the lines say."""

import gzip
import hashlib
import json
import os
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.contract import CONTRACT_FIELDS, Event, validate_line
from ads_pipeline.errors import UsageError
from ads_pipeline.generate import Plan, generate
from ads_pipeline.generate.malformed import KINDS

END = date(2026, 11, 20)
PLAN: dict[str, Any] = {
    "events": 4000,
    "days": 4,
    "drops": 9,
    "end": END,
    "duplicates": 10,
    "corrections": 8,
    "malformed": 5,
    "late": 20,
}
METRICS = ("impressions", "clicks", "conversions", "cost", "revenue")


def fingerprint(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def lines_of(folder: Path) -> list[tuple[str, bytes]]:
    """Every line with the landed day of its drop; drops of a day in an order of no meaning."""
    drops = sorted(folder.rglob("*.gz"), key=lambda path: (path.parent.name, path.name[::-1]))
    return [(path.parent.name[3:], line) for path in drops for line in gzip.decompress(path.read_bytes()).splitlines()]


def judge(line: bytes) -> Any:
    return validate_line(line, latest=datetime(2026, 11, 22, tzinfo=UTC), first_day=date(2026, 10, 1), timezone="UTC")


def expected_totals(folder: Path, rollup: list[str]) -> dict[Any, list[Any]]:
    """Totals recomputed line by line: the last received stays."""
    stays: dict[tuple[str, str], dict[str, Any]] = {}
    for _, line in lines_of(folder):
        if isinstance(judge(line), Event):
            event = json.loads(line, parse_float=Decimal, parse_int=Decimal)
            stays[event["event_time"][:10], event["event_id"]] = event
    totals: dict[Any, list[Any]] = defaultdict(lambda: [0, 0, 0, Decimal(0), Decimal(0)])
    for (day, _), event in stays.items():
        row = totals[day, *(event[name] for name in rollup)]
        row[["impression", "click", "conversion"].index(event["event_type"])] += 1
        row[3] += event["cost"]
        row[4] += event["revenue"]
    return totals


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        generate(tmp_path / name, seed=seed, truth=tmp_path / name / "truth.json", **PLAN)
    assert fingerprint(tmp_path / "a") == fingerprint(tmp_path / "b") != fingerprint(tmp_path / "c")
    assert len(fingerprint(tmp_path / "a")) == 10, "nothing but drops and truth stays behind"


def test_every_line_is_what_the_summary_says(tmp_path: Path) -> None:
    summary = generate(tmp_path, truth=tmp_path / "truth.json", **PLAN)
    assert (summary.events, summary.duplicates, summary.corrections, summary.malformed, summary.late) == (4000, 400, 320, 200, 800)
    lines = lines_of(tmp_path)
    assert summary.lines == len(lines) == 4920
    assert summary.bytes == sum(path.stat().st_size for path in tmp_path.rglob("*.gz"))
    versions: defaultdict[Any, list[bytes]] = defaultdict(list)
    landed: dict[Any, date] = {}
    for day, line in lines:
        verdict = judge(line)
        if isinstance(verdict, Event):
            key = verdict.event_time.date(), verdict.event_id
            versions[key].append(line)
            landed.setdefault(key, date.fromisoformat(day))
    assert len({event_id for _, event_id in versions}) == len(versions) == 4000
    assert sum(len(lines) - len(set(lines)) for lines in versions.values()) == 400
    assert sum(len(set(lines)) - 1 for lines in versions.values()) == 320
    assert max(len(set(lines)) for lines in versions.values()) == 3, "some events are corrected twice"
    lags = Counter((landed[key] - key[0]).days for key in versions)
    assert set(lags) == {0, 1, 2, 3}
    assert 4000 - lags[0] == 800
    counts = json.loads((tmp_path / "truth.json").read_text())["lines"]
    assert counts == {"lines": 4920, "events": 4000, "duplicates": 400, "corrections": 320, "malformed": 200, "late": 800}


def test_malformed_lines_are_of_every_kind(tmp_path: Path) -> None:
    generate(tmp_path, **PLAN)
    refused = Counter(", ".join(verdict) for _, line in lines_of(tmp_path) if not isinstance(verdict := judge(line), Event))
    assert refused.total() == 200
    assert set(refused) == {reasons for reasons, _ in KINDS} | {"too_long"}
    assert refused["too_long"] == 1
    assert {f"invalid:{name}" for name in CONTRACT_FIELDS} <= set(refused)
    assert all(line.count("#") == 1 for _, line in KINDS)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"drops": 1, "late": 0},
        {"drops": 2, "days": 11},
        {"drops": 30, "days": 2, "duplicates": 50, "corrections": 50, "late": 30},
        {"days": 1, "late": 0},
    ],
)
def test_the_truth_is_what_the_lines_say(changed: dict[str, Any], tmp_path: Path) -> None:
    plan = PLAN | {"events": 2000} | changed
    summary = generate(tmp_path, truth=tmp_path / "truth.json", **plan)
    truth = json.loads((tmp_path / "truth.json").read_text(), parse_float=Decimal, parse_int=Decimal)
    for rollup, dimensions in (("campaign_daily", ["campaign_id", "ad_id"]), ("publisher_daily", ["publisher_id", "country", "device"])):
        names = [tuple(row[name] for name in ["event_date", *dimensions]) for row in truth[rollup]]
        assert names == sorted(names)
        told = dict(zip(names, ([row[metric] for metric in METRICS] for row in truth[rollup]), strict=True))
        assert told == expected_totals(tmp_path, dimensions)
        assert sum(sum(row[:3]) for row in told.values()) == summary.events
        assert {name[0] for name in names} == {str(END - timedelta(days=day)) for day in range(plan["days"])}


def test_drops_stand_in_order_of_receipt(tmp_path: Path) -> None:
    generate(tmp_path, **PLAN)
    by_name = sorted(tmp_path.rglob("*.gz"), key=lambda path: path.name)
    assert by_name == sorted(by_name, key=os.path.getmtime)
    assert by_name == sorted(by_name, key=lambda path: (path.parent.name, path.name))
    assert by_name[-1].parent.name == f"dt={END}"


@pytest.mark.parametrize(("days", "drops"), [(1, 1), (7, 1), (7, 2), (7, 7), (7, 40), (40, 7), (3, 2000), (365, 364)])
def test_drops_share_out_days_and_late_events(days: int, drops: int) -> None:
    late = 30 if days > 1 < drops else 0
    plan = Plan(10_000, days, drops, seed=1, duplicates=0, corrections=0, malformed=0, late=late, end=END)
    brought = [day for drop in range(drops) for day in range(plan.event_days(drop)[0], plan.event_days(drop)[1] + 1)]
    assert set(brought) == set(range(days))
    landed = [plan.landed_day(drop) for drop in range(drops)]
    assert landed == sorted(landed)
    assert landed[-1] == days - 1
    for drop in range(drops):
        expected = next((later for later in range(drop, drops) if landed[later] > landed[drop]), drop)
        assert plan.next_landed_day(drop) == expected
        late_here = plan.late_before(plan.events_before(drop + 1)) - plan.late_before(plan.events_before(drop))
        assert 0 <= late_here <= (plan.events_before(drop + 1) - plan.events_before(drop)) * (plan.event_days(drop)[0] > 0)
    assert plan.late_before(10_000) == late * 100


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"events": 0}, "events is 0"),
        ({"late": 51}, "late is 51"),
        ({"duplicates": float("nan")}, "duplicates is nan"),
        ({"seed": -1}, "seed is -1"),
        ({"days": 1001}, "1000 or fewer"),
        ({"end": date(1970, 1, 3)}, "4 days up to 1970-01-03"),
        ({"end": date(2100, 1, 1)}, "2099-12-31"),
        ({"drops": 5000}, "5000 drops for 4000"),
        ({"days": 1}, "late events need two drops and two days"),
        ({"drops": 1}, "late events need two drops and two days"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(wrong: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=said):
        generate(tmp_path, **PLAN | wrong)
