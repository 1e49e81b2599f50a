"""Generated drops: the same seed writes the same bytes, and the truth is what the lines say."""

import gzip
import hashlib
import json
import re
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.errors import UsageError
from ads_pipeline.generate import generate

PLAN: dict[str, Any] = {
    "events": 4000,
    "days": 4,
    "drops": 9,
    "end": date(2026, 11, 20),
    "duplicates": 10,
    "corrections": 8,
    "malformed": 5,
    "late": 20,
    "quantities": 15,
    "refunds": 5,
}


def fingerprint(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def lines_of(folder: Path) -> list[tuple[str, str]]:
    """Every line with the landed day of its drop; drops of a day in an order of no meaning."""
    drops = sorted(folder.rglob("*.gz"), key=lambda path: (path.parent.name, path.name[::-1]))
    return [(path.parent.name, line) for path in drops for line in gzip.decompress(path.read_bytes()).decode().splitlines()]


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        generate(tmp_path / name, seed=seed, truth=tmp_path / name / "truth.json", **PLAN)
    assert fingerprint(tmp_path / "a") == fingerprint(tmp_path / "b") != fingerprint(tmp_path / "c")


def test_quantities_and_refunds_change_nothing_else(tmp_path: Path) -> None:
    for name, plan in (("plain", PLAN | {"quantities": 0, "refunds": 0}), ("both", PLAN)):
        generate(tmp_path / name, **plan)
    plain, both = (
        [re.sub(r',"quantity":\d+|(?<=":)-(?=\d)', "", line) for _, line in lines_of(tmp_path / name)] for name in ("plain", "both")
    )
    assert plain == both


def test_lines_add_up(tmp_path: Path) -> None:
    summary = generate(tmp_path, **PLAN)
    lines = lines_of(tmp_path)
    assert (summary.events, summary.duplicates, summary.corrections, summary.malformed) == (4000, 400, 320, 200)
    assert summary.lines == len(lines) == 4920
    assert len({line for _, line in lines}) >= 4000 + 320
    assert summary.late > 400


def test_the_truth_is_what_the_lines_say(tmp_path: Path) -> None:
    generate(tmp_path, truth=tmp_path / "truth.json", **PLAN)
    truth = json.loads((tmp_path / "truth.json").read_text(), parse_float=Decimal, parse_int=Decimal)
    stays: dict[tuple[str, str], dict[str, Any]] = {}
    for _, line in lines_of(tmp_path):
        try:
            event = json.loads(line, parse_float=Decimal, parse_int=Decimal)
            stays[event["event_time"][:10], event["event_id"]] = event
        except (ValueError, TypeError, KeyError):
            continue
    events = [event for event in stays.values() if set(event) >= {"ad_id", "user_id"}]
    assert len(events) == 4000
    assert 500 < sum("quantity" in event for event in events) < 700
    assert 150 < sum(event["cost"] < 0 or event["revenue"] < 0 for event in events) < 250
    for rollup, dimensions in (("campaign_daily", ["campaign_id", "ad_id"]), ("publisher_daily", ["publisher_id", "country", "device"])):
        totals: dict[Any, list[Any]] = defaultdict(lambda: [0, 0, 0, Decimal(0), Decimal(0)])
        for event in events:
            row = totals[event["event_time"][:10], *(event[name] for name in dimensions)]
            row[["impression", "click", "conversion"].index(event["event_type"])] += event.get("quantity", 1)
            row[3] += event["cost"]
            row[4] += event["revenue"]
        metrics = ["impressions", "clicks", "conversions", "cost", "revenue"]
        assert {
            tuple(row[name] for name in ["event_date", *dimensions]): [row[name] for name in metrics] for row in truth[rollup]
        } == totals


def test_one_drop_and_more_days_than_drops(tmp_path: Path) -> None:
    assert generate(tmp_path / "one", events=500, days=1, drops=1, corrections=10).lines == 550
    assert generate(tmp_path / "few", events=500, days=7, drops=2, corrections=10).lines == 550


@pytest.mark.parametrize(
    ("wrong", "said"), [({"events": 0}, "events is 0"), ({"late": 51}, "late is 51"), ({"drops": 5000}, "5000 drops for 4000")]
)
def test_a_plan_that_makes_no_sense_is_refused(wrong: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=said):
        generate(tmp_path, **PLAN | wrong)
