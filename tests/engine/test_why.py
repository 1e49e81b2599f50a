"""`ads why` against truth computed apart, in plain Python: the parts of every cell add up, and each part is what it is said to be."""

import gzip
import json
import os
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.errors import UsageError
from ads_pipeline.pipeline.retention import enforce_retention
from ads_pipeline.pipeline.run import apply_changes
from ads_pipeline.pipeline.why import Why, as_dict, why
from tests.engine.conftest import Home
from tests.engine.conftest import event as plain

FIRST = date(2026, 11, 10)
METRICS = ("impressions", "clicks", "conversions", "cost", "revenue", "users")
SUMS = METRICS[:5]

Key = tuple[str, str, str]
"""Day, campaign, ad."""


class Truth:
    """What every line is, by the rules of the guarantees."""

    def __init__(self) -> None:
        self.events: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.refused: list[dict[str, Any]] = []

    def receive(self, drop: str, landed: date, line: int, event: dict[str, Any]) -> None:
        record = event | {"drop": drop, "line": line, "landed": landed}
        if not isinstance(event["cost"], str):
            self.refused.append(record)
            return
        content = {name: value for name, value in event.items() if name != "event_id"}
        identity = (event["event_time"][:10], event["event_type"], event["event_id"])
        known = self.events.setdefault(identity, {"first": record, "current": record, "content": content, "repeats": [], "changes": []})
        if known["first"] is record:
            return
        if known["content"] == content:
            known["repeats"].append(record)
        else:
            known["changes"].append((known["current"], record))
            known["current"], known["content"] = record, content

    def cell(self, key: Key) -> list[dict[str, Any]]:
        return [known for known in self.events.values() if key_of(known["current"]) == key]

    def keys(self) -> list[Key]:
        return sorted({key_of(known["current"]) for known in self.events.values()})


def key_of(event: dict[str, Any]) -> Key:
    return event["event_time"][:10], event["campaign_id"], event["ad_id"]


def amounts(events: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The metrics of campaign_daily, of these events."""
    counts = {f"{kind}s": sum(event["event_type"] == kind for event in events) for kind in ("impression", "click", "conversion")}
    money = {name: sum((Decimal(event[name]) for event in events), Decimal(0)) for name in ("cost", "revenue")}
    return {**counts, **money, "users": len({event["user_id"] for event in events} - {""})}


def random_lines(rng: random.Random, count: int, wide: int = 1) -> Iterator[dict[str, Any]]:
    """Few identities, so that duplicates and corrections abound; of a few lines the cost cannot be read. `wide`: times the identities."""
    for _ in range(count):
        yield {
            "event_id": f"e{rng.randrange(120 * wide)}",
            "event_time": f"{FIRST + timedelta(days=rng.randrange(2 * wide))}T10:00:00Z",
            "event_type": rng.choice(["impression", "click", "conversion"]),
            "campaign_id": f"c{rng.randrange(3 * wide)}",
            "ad_id": rng.choice(["a1", "a2", "a3", ""]),
            "user_id": rng.choice(["", "u1", "u2", "u3", "u4", "u5", "u6"]),
            "cost": rng.choice(["0.1", "0.25", "-2", "0.000000001", False]) if rng.random() < 0.4 else "0.1",
            "revenue": rng.choice(["0", "12.5"]),
        }


def land(home: Home, name: str, landed: datetime, lines: Sequence[dict[str, Any]]) -> None:
    home.land(name, *lines)
    os.utime(Path(home.settings.landing) / name, (landed.timestamp(), landed.timestamp()))


def filled(home: Home, rng: random.Random, drops: int = 9, count: int = 90, wide: int = 1) -> Truth:
    """Random drops, of which each has some of the lines of the one before once more; loaded in three batches."""
    truth, before = Truth(), list[dict[str, Any]]()
    for number in range(drops):
        lines = [*random_lines(rng, count, wide), *rng.sample(before, min(len(before), 15))]
        rng.shuffle(lines)
        landed = datetime(FIRST.year, FIRST.month, FIRST.day, 12, tzinfo=UTC) + timedelta(hours=9 * number)
        name = f"events/{(number * 7919) % 1000:03}.ndjson"
        land(home, name, landed, lines)
        for line, event in enumerate(lines, 1):
            truth.receive(name, landed.date(), line, event)
        before = lines
        if number % 3 == 2:
            home.ingest()
    home.ingest()
    return truth


def look(home: Home, key: Key, **more: Any) -> Why:
    return why(
        home.warehouse, home.settings, "campaign_daily", date.fromisoformat(key[0]), {"campaign_id": [key[1]], "ad_id": [key[2]]}, **more
    )


def summed(found: Why) -> dict[str, Any]:
    """All parts, what is shared and what is gone, added up as a reader of the JSON would."""
    answer = json.loads(json.dumps(as_dict(found), default=str), parse_float=Decimal)
    totals: dict[str, Any] = defaultdict(Decimal)
    for part in answer["parts"]:
        for metric, value in part["values"].items():
            totals[metric] += Decimal(part["only"][metric] if answer["metrics"][metric] == "union" else value)
    for metric, value in [*answer["shared"].items(), *answer["gone"].items()]:
        totals[metric] += Decimal(value)
    return dict(totals)


def assert_taken_apart(home: Home, truth: Truth, key: Key, named: int) -> None:
    found, events = look(home, key, named=named), truth.cell(key)
    current = [known["current"] for known in events]
    assert found.value == amounts(current)
    assert summed(found) == {name: Decimal(value) for name, value in found.value.items()}
    assert not any(found.gone.values())
    by_drop = {drop: [event for event in current if event["drop"] == drop] for drop in {event["drop"] for event in current}}
    told = {part.drop for part in found.parts if part.drop}
    assert len(told) == min(named, len(by_drop))
    for part in found.parts:
        mine = by_drop[part.drop] if part.drop else [event for event in current if event["drop"] not in told]
        others = [event for event in current if event not in mine]
        assert (part.values, part.events, part.drops) == (amounts(mine), len(mine), len({event["drop"] for event in mine}))
        assert part.only == {"users": amounts(current)["users"] - amounts(others)["users"]}
        at = {event["line"]: event for event in mine}
        assert len(part.lines) == (min(3, len(mine)) if part.drop else 0)
        assert all(line.values == amounts([at[line.line]]) for line in part.lines)
    landed = {str(day): [known for known in events if known["first"]["landed"] == day] for day in {e["first"]["landed"] for e in events}}
    assert {one.landed_day: (one.events, one.values) for one in found.landed} == {
        day: (len(mine), amounts([known["current"] for known in mine])) for day, mine in landed.items()
    }
    assert_repeats(truth, key, found)
    refused = [event for event in truth.refused if key_of(event) == key]
    assert sum(one.lines for one in found.refused) == len(refused)
    for one in found.refused:
        assert one.reasons == "invalid:cost"
        assert one.values == amounts([event | {"cost": "0"} for event in refused])


def assert_repeats(truth: Truth, key: Key, found: Why) -> None:
    """Corrections into and out of the cell, and records that repeat what it has or had."""
    changes = [(known, *change) for known in truth.events.values() for change in known["changes"] if key in map(key_of, change)]
    before, after = ([change[side] for change in changes if key_of(change[side]) == key] for side in (1, 2))
    assert (found.corrections.corrections, found.corrections.events) == (len(changes), len({id(change[0]) for change in changes}))
    net = {name: amounts(after)[name] - amounts(before)[name] for name in SUMS if changes}
    assert {name: Decimal(value) for name, value in found.corrections.net.items()} == net
    places = {(one["drop"], one["line"], two["drop"], two["line"]): (one, two) for _, one, two in changes}
    assert len(found.corrections.listed) == min(10, len(changes))
    for told in found.corrections.listed:
        sides = places[told.before.drop, told.before.line, told.after.drop, told.after.line]
        assert (told.event_id, told.event_type) == (sides[0]["event_id"], sides[0]["event_type"])
        for side, event in zip((told.before, told.after), sides, strict=True):
            assert side.values == amounts([event] if key_of(event) == key else [])
    repeats = [record for known in truth.events.values() for record in known["repeats"] if key_of(record) == key]
    assert sum(part.events or 0 for part in found.duplicates) == len(repeats)
    for part in found.duplicates:
        assert part.values == amounts([record for record in repeats if record["drop"] == part.drop])


@pytest.mark.further
@pytest.mark.parametrize(
    ("wide", "cells"), [(1, 24), pytest.param(5, 500, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])], ids=["24", "500"]
)
def test_parts_of_random_cells_add_up_and_are_what_they_are_said_to_be(wide: int, cells: int, lasting: Home) -> None:
    rng = random.Random(wide)
    truth = filled(lasting, rng, count=90 * wide * wide, wide=wide)
    keys = truth.keys()
    assert len(keys) >= cells
    for key in rng.sample(keys, cells):
        assert_taken_apart(lasting, truth, key, named=rng.choice([1, 3, 10]))


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif("ADBIDS_DATA" not in os.environ, reason="ADBIDS_DATA names no folder with AdBids.csv.gz")
def test_500_random_cells_of_public_data_add_up_to_what_is_counted_here(lasting: Home) -> None:
    """A public set, then drops with corrections, repeats and refused lines of it, some of which land days later."""
    rng = random.Random(5)
    heading, *lines = gzip.decompress((Path(os.environ["ADBIDS_DATA"]) / "AdBids.csv.gz").read_bytes()).decode().splitlines()
    current = {line.split(",")[0]: line.split(",") for line in lines}
    refused = Counter[tuple[str, str]]()
    for number in range(4):
        sent = [current[key] for key in rng.sample(sorted(current), 6000)] if number else list(current.values())
        for place, (key, at, publisher, domain, price) in enumerate(sent if number else ()):
            if place % 3 == 0:
                sent[place] = current[key] = [key, at, publisher, domain, str(Decimal(price) + rng.choice([Decimal(-1), Decimal("0.01")]))]
            elif place % 3 == 1:
                sent[place] = [key, at, publisher, domain, "n/a"]
                refused[at[:10], domain] += 1
        path = Path(lasting.settings.landing) / "adbids" / f"dt=2022-04-0{1 + number}" / "a.csv"
        path.parent.mkdir(parents=True)
        path.write_text("\n".join([heading, *map(",".join, sent)]) + "\n")
        lasting.ingest()
    cells = dict[tuple[str, str], list[Decimal]]()
    for _, at, _, domain, price in current.values():
        cells.setdefault((at[:10], domain), []).append(Decimal(price))
    for day, domain in rng.sample(sorted(cells), 500):
        prices = cells[day, domain]
        found = why(lasting.warehouse, lasting.settings, "campaign_daily", date.fromisoformat(day), {"campaign_id": [domain]})
        assert (found.value["impressions"], found.value["cost"]) == (len(prices), sum(prices))
        assert summed(found) == {name: Decimal(value) for name, value in found.value.items()}
        assert sum(part.events or 0 for part in found.parts) == len(prices)
        assert sum(one.lines for one in found.refused) == refused[day, domain]


@pytest.mark.each_engine
def test_a_day_as_a_whole_adds_up(lasting: Home) -> None:
    truth = filled(lasting, random.Random(4), drops=4)
    for number in range(2):
        day = FIRST + timedelta(days=number)
        found = why(lasting.warehouse, lasting.settings, "campaign_daily", day, named=2)
        current = [known["current"] for known in truth.events.values() if known["current"]["event_time"][:10] == str(day)]
        assert found.value == amounts(current)
        assert summed(found) == found.value
        assert sum(part.events or 0 for part in found.parts) == len(current)


def test_names_that_cannot_be_taken_apart_are_refused(home: Home) -> None:
    for where, metrics, said in (
        ({}, ["cpm"], "is a ratio"),
        ({}, ["nothing"], "unknown metric"),
        ({"city": ["x"]}, None, "unknown dimension"),
        ({"event_date": ["2026-11-10"]}, None, "the day is given apart"),
    ):
        with pytest.raises(UsageError, match=said):
            why(home.warehouse, home.settings, "campaign_daily", FIRST, where, metrics)


def test_of_an_expired_day_it_says_what_is_still_known(home: Home) -> None:
    home.land("a.ndjson", plain(1, cost="2.5"), plain(2), plain(1, cost="3"), plain(2))
    home.ingest()
    day, later = datetime.now(UTC).date(), datetime.now(UTC) + timedelta(days=100)
    assert [len(home.ask(f"SELECT 1 FROM {table}")) for table in ("corrections", "duplicates")] == [2, 1]
    enforce_retention(home.warehouse, home.settings, later)
    assert [len(home.ask(f"SELECT 1 FROM {table}")) for table in ("corrections", "duplicates")] == [0, 0]
    found = why(home.warehouse, home.settings, "campaign_daily", day)
    assert (found.expired, found.parts, found.value["cost"]) == (True, [], Decimal("3.25"))
    assert found.gone == found.value
    assert found.accepted == {"a.ndjson": 2}


WEEKLY = """-- grain: one event day and weekday
SELECT
    event_date, toDayOfWeek(event_date) AS weekday, upper(campaign_id) AS campaign,
    sumSimpleState(cost) AS cost, uniqExactState(user_id) AS people, maxSimpleState(revenue) AS dearest
FROM events
GROUP BY event_date, weekday, campaign
"""


def test_a_rollup_that_calculates_with_the_day_is_taken_apart_by_drops(lasting: Home, make_home: Callable[..., Home]) -> None:
    folder = Path(lasting.settings.home) / "own"
    (folder / "rollups").mkdir(parents=True)
    (folder / "rollups" / "weekly.sql").write_text(WEEKLY)
    home = make_home(retention_days=0, sql_dir=folder)
    apply_changes(home.warehouse, home.settings)
    truth = filled(home, random.Random(5), drops=5)
    current = [known["current"] for known in truth.events.values() if known["current"]["event_time"][:10] == str(FIRST)]
    mine = [event for event in current if event["campaign_id"] == "c1"]
    found = why(home.warehouse, home.settings, "weekly", FIRST, {"campaign": ["C1"], "weekday": [str(FIRST.isoweekday())]}, named=2)
    assert found.value == {
        "cost": sum(Decimal(event["cost"]) for event in mine), "people": len({event["user_id"] for event in mine}),
        "dearest": max(Decimal(event["revenue"]) for event in mine),
    }  # fmt: skip
    assert found.kinds == {"cost": "sum", "people": "union", "dearest": "merged"}
    assert sum(part.values["cost"] for part in found.parts) == found.value["cost"]
    assert sum(part.only["people"] for part in found.parts) + found.shared["people"] == found.value["people"]
    for part in found.parts[:2]:
        assert part.values["cost"] == sum(Decimal(event["cost"]) for event in mine if event["drop"] == part.drop)
