"""A breakdown: rows, the rest and the total, each beside the period before, are what plain queries and the events themselves say."""

import json
import random
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ads_pipeline.errors import UsageError
from ads_pipeline.pipeline.breakdown import Extras
from ads_pipeline.pipeline.query import plan_query, run_raw
from ads_pipeline.pipeline.rollups import Rollup, find_rollup
from tests.engine.conftest import Home, event

TODAY = datetime.now(UTC).date()
FIRST, LAST = TODAY - timedelta(days=8), TODAY - timedelta(days=2)
SHOWN = ("impressions", "clicks", "cost", "users", "ctr", "roas")


def events() -> list[dict[str, Any]]:
    """Of three weeks: money that no double holds, credits, users of several campaigns, ids that look like SQL or markup."""
    dice = random.Random(7)
    campaigns = ["", "a'b", "<script>", "other", "total", *(f"c{n}" for n in range(9)), "x" * 128]
    return [
        event(
            number,
            day=str(TODAY - timedelta(days=dice.randrange(21))),
            event_type=dice.choice(["impression", "impression", "click"]),
            campaign_id=dice.choice(campaigns) or "none",
            ad_id=dice.choice(["", "a1", "a2"]),
            user_id=f"u{dice.randrange(40)}",
            cost=f"{dice.choice([1, 1, 1, -1]) * dice.randrange(10**9)}.{dice.randrange(10**6):06}",
        )
        for number in range(1500)
    ]


@pytest.fixture
def told(home: Home) -> tuple[Home, Rollup, list[dict[str, Any]]]:
    sent = events()
    home.land("a.ndjson", *sent)
    home.ingest()
    return home, find_rollup(home.warehouse, home.settings, "campaign_daily"), sent


def figures(found: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The figures of events, by nothing but Python."""
    kept = list(found)
    seen = {kind: sum(one["event_type"] == kind for one in kept) for kind in ("impression", "click")}
    cost = sum((Decimal(one["cost"]) for one in kept), Decimal(0))
    return {
        "impressions": seen["impression"],
        "clicks": seen["click"],
        "cost": cost,
        "users": len({one["user_id"] for one in kept}),
        "ctr": seen["click"] / seen["impression"] if seen["impression"] else None,
        "roas": 0 / float(cost) if cost else None,
    }


def between(sent: list[dict[str, Any]], first: date, last: date) -> list[dict[str, Any]]:
    return [one for one in sent if str(first) <= one["event_time"][:10] <= str(last)]


def ask(home: Home, rollup: Rollup, extras: Extras, **wanted: Any) -> list[dict[str, Any]]:
    query = plan_query(rollup, FIRST, LAST, metrics=SHOWN, extras=extras, **wanted)
    return [json.loads(line, parse_float=Decimal) for line in run_raw(home.warehouse, query, "ndjson").splitlines()]


def check(row: dict[str, Any], now: dict[str, Any], before: dict[str, Any] | None) -> None:
    """Every figure of a row, exactly; ratios and changes to the digits of a double."""
    for name, value in now.items():
        pairs = {name: value} | ({} if before is None else {f"{name}_before": before[name]})
        for column, expected in pairs.items():
            if name in ("ctr", "roas") and expected:
                assert float(row[column]) == pytest.approx(expected), column
            else:
                assert row[column] == expected, column
        if before is not None:
            old = before[name]
            change = (float(value) - float(old)) / abs(float(old)) if old and value is not None else None
            shown = row[f"{name}_change"]
            assert shown is change is None or float(shown) == pytest.approx(change, abs=1e-12), name


@pytest.mark.each_engine
def test_rows_the_rest_and_the_total_are_those_of_the_events(told: tuple[Home, Rollup, list[dict[str, Any]]]) -> None:
    home, rollup, sent = told
    days = (LAST - FIRST).days + 1
    now, old = between(sent, FIRST, LAST), between(sent, FIRST - timedelta(days=days), LAST - timedelta(days=days))
    every = Extras(compare=True, other=True, totals=True, least={"clicks": Decimal(5)})
    rows = ask(home, rollup, every, by=["campaign_id"], order_by=["-cost"], limit=4)
    assert [row["part"] for row in rows] == ["row"] * 4 + ["other", "total"]
    groups = {name: figures(one for one in now if one["campaign_id"] == name) for name in {one["campaign_id"] for one in now}}
    best = sorted((name for name, found in groups.items() if found["clicks"] >= 5), key=lambda name: -groups[name]["cost"])[:4]
    assert [row["campaign_id"] for row in rows] == [*best, None, None]
    for row, name in zip(rows, best, strict=False):
        check(row, groups[name], figures(one for one in old if one["campaign_id"] == name))
    check(rows[-2], *(figures(one for one in found if one["campaign_id"] not in best) for found in (now, old)))
    check(rows[-1], figures(now), figures(old))


def test_days_are_beside_those_of_the_period_before(told: tuple[Home, Rollup, list[dict[str, Any]]]) -> None:
    home, rollup, sent = told
    rows = ask(home, rollup, Extras(compare=True), by=["event_date"], where={"ad_id": ["a1"]}, order_by=["-event_date"])
    assert [row["event_date"] for row in rows] == [str(LAST - timedelta(days=n)) for n in range((LAST - FIRST).days + 1)]
    kept = [one for one in sent if one["ad_id"] == "a1"]
    for row in rows:
        day = date.fromisoformat(row["event_date"])
        before = day - timedelta(days=(LAST - FIRST).days + 1)
        check(row, figures(between(kept, day, day)), figures(between(kept, before, before)))


def test_without_other_the_rest_is_left_out_and_each_extra_stands_alone(told: tuple[Home, Rollup, list[dict[str, Any]]]) -> None:
    home, rollup, sent = told
    now = between(sent, FIRST, LAST)
    rows = ask(home, rollup, Extras(totals=True), by=["campaign_id", "ad_id"], limit=2)
    assert [row["part"] for row in rows] == ["row", "row", "total"]
    check(rows[-1], figures(now), None)
    assert ask(home, rollup, Extras(other=True), by=["campaign_id"])[-1]["part"] == "row"  # nothing is left for it
    [rest] = ask(home, rollup, Extras(other=True, least={"ctr": Decimal(10**6)}), by=["campaign_id"])
    check(rest, figures(now), None)
    rows = ask(home, rollup, Extras(compare=True), by=["campaign_id"], order_by=["-clicks_change"], limit=3)
    assert ("part" in rows[0], len(rows)) == (False, 3)
    assert ask(home, rollup, Extras(totals=True, other=True, compare=True), by=["campaign_id"], where={"ad_id": ["nobody's"]}) == []


def test_what_cannot_be_answered_is_said(told: tuple[Home, Rollup, list[dict[str, Any]]]) -> None:
    _, rollup, _ = told
    with pytest.raises(UsageError, match="needs the first and the last day"):
        plan_query(rollup, FIRST, extras=Extras(compare=True))
    with pytest.raises(UsageError, match="unknown metric 'views'"):
        plan_query(rollup, extras=Extras(least={"views": Decimal(1)}))
    own = Rollup(rollup.name, rollup.select, rollup.types | {"part": "String"})
    with pytest.raises(UsageError, match="has a column 'part' of its own"):
        plan_query(own, extras=Extras(totals=True))
