"""Statements of closed days: read as they were stated, restatements held until they are applied, and nothing lost by a rebuild or a kill.

What is expected is counted here, in Python, from the events that landed.
"""

import json
import random
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.errors import EngineError, UsageError
from ads_pipeline.pipeline.backfill import backfill, plan_backfill
from ads_pipeline.pipeline.breakdown import Extras
from ads_pipeline.pipeline.closing import close_days, restate_days
from ads_pipeline.pipeline.forget import forget
from ads_pipeline.pipeline.history import read_history, read_restatements
from ads_pipeline.pipeline.ingest import reload
from ads_pipeline.pipeline.query import plan_query, run_raw
from ads_pipeline.pipeline.rollups import find_rollup
from ads_pipeline.pipeline.run import apply_changes, begin_run
from ads_pipeline.pipeline.stated import keep_statement
from tests.engine.conftest import Home, event

DAYS = [date(2026, 11, day) for day in (9, 10, 11)]
CLOSED = DAYS[1]
METRICS = ("clicks", "cost", "users")

Events = dict[tuple[date, str], dict[str, Any]]
Figures = dict[tuple[Any, ...], tuple[Decimal, ...]]


def figures(events: Iterable[dict[str, Any]], *by: str) -> Figures:
    """Clicks, cost and distinct users by day and these fields."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for one in events:
        groups.setdefault((one["event_time"][:10], *(one.get(name, "") for name in by)), []).append(one)
    return {key: _sums(found) for key, found in groups.items()}


def _sums(events: list[dict[str, Any]]) -> tuple[Decimal, ...]:
    cost, users = sum((Decimal(one["cost"]) for one in events), Decimal(0)), {one["user_id"] for one in events}
    return Decimal(len(events)), cost, Decimal(len(users))


def read(home: Home, *by: str, stated: bool, **wanted: Any) -> Figures:
    rollup = find_rollup(home.warehouse, home.settings, "campaign_daily")
    plan = plan_query(rollup, DAYS[0], DAYS[-1], by=("event_date", *by), metrics=METRICS, stated=stated, **wanted)
    rows = json.loads(run_raw(home.warehouse, plan, "json"), parse_float=Decimal)
    return _by_key([row for row in rows if row.get("part", "row") == "row"], *by)


def _by_key(rows: list[dict[str, Any]], *by: str) -> Figures:
    return {tuple(str(row[name]) for name in ("event_date", *by)): tuple(Decimal(str(row[name])) for name in METRICS) for row in rows}


class Story:
    """Events that land in drops, each drop with corrections and new ones; what is current, and what was stated."""

    def __init__(self, home: Home, seed: int = 11) -> None:
        self.home, self.rng, self.drops = home, random.Random(seed), 0
        self.current: Events = {}
        self.stated: Events = {}

    def land(self, count: int = 30) -> None:
        sent = []
        for _ in range(count):
            number, day = self.rng.randrange(40), self.rng.choice(DAYS)
            cost, campaign, user = self.rng.choice(["0.1", "-3", "2.25"]), self.rng.choice("ab"), self.rng.choice("uvwx")
            fields = {"campaign_id": campaign, "cost": cost, "user_id": user}
            sent.append(event(number, day=str(day), **fields))
            self.current[day, sent[-1]["event_id"]] = sent[-1]
        self.drops += 1
        self.home.land(f"{self.drops:02}.ndjson", *sent)
        self.home.ingest()

    def state(self, *days: date) -> None:
        """What is current of these days is what is stated of them."""
        self.stated = {key: one for key, one in self.stated.items() if key[0] not in days}
        self.stated |= {key: one for key, one in self.current.items() if key[0] in days}

    def check(self) -> None:
        told = [one for (day, _), one in self.current.items() if day > CLOSED] + list(self.stated.values())
        for by in ((), ("campaign_id",), ("campaign_id", "ad_id")):
            assert read(self.home, *by, stated=True) == figures(told, *by)
            assert read(self.home, *by, stated=False) == figures(self.current.values(), *by)
        keys = ("campaign_id", "ad_id")
        assert _by_key(self.home.ask("SELECT * FROM campaign_daily_stated"), *keys) == figures(told, *keys)  # what a BI tool reads
        extras = Extras(totals=True, other=True)
        assert read(self.home, "campaign_id", stated=True, extras=extras) == figures(told, "campaign_id")
        only = [one for one in told if one["campaign_id"] == "a"]
        assert read(self.home, stated=True, where={"campaign_id": ["a"]}) == figures(only)


@pytest.mark.each_engine
def test_restatements_are_held_until_they_are_applied(lasting: Home) -> None:
    story = Story(lasting)
    story.land()
    story.state(*DAYS[:2])
    with pytest.raises(UsageError, match="is not closed"):
        restate_days(begin_run(lasting.warehouse, lasting.settings), DAYS[0], CLOSED)
    close_days(begin_run(lasting.warehouse, lasting.settings), CLOSED)
    story.check()
    assert restate_days(begin_run(lasting.warehouse, lasting.settings), DAYS[0], CLOSED) == {}
    for _ in range(2):
        story.land()
        story.check()
    run = begin_run(lasting.warehouse, lasting.settings)
    backfill(run, plan_backfill(run, run.rollups, DAYS[0], DAYS[-1]))
    story.check()
    run = begin_run(lasting.warehouse, lasting.settings)
    assert restate_days(run, DAYS[0], DAYS[0]) == {"campaign_daily": [DAYS[0]], "publisher_daily": [DAYS[0]]}
    story.state(DAYS[0])
    story.check()
    assert restate_days(run, DAYS[0], DAYS[0]) == {}
    rollup = find_rollup(lasting.warehouse, lasting.settings, "campaign_daily")
    listed = read_restatements(lasting.warehouse, rollup, DAYS[0], DAYS[-1], 10_000)
    assert {(one.day, one.is_applied) for one in listed} == {(DAYS[0], True), (DAYS[1], False)}
    assert [one.kind for one in read_history(lasting.warehouse, "campaign_daily", DAYS[0])] == [
        "change", "closed", "change", "change", "restated",
    ]  # fmt: skip
    story.land()
    story.check()
    close_days(begin_run(lasting.warehouse, lasting.settings), DAYS[-1])
    rows = read(lasting, "campaign_id", stated=True)
    assert {key: row for key, row in rows.items() if key[0] == str(DAYS[-1])} == figures(
        [one for (day, _), one in story.current.items() if day == DAYS[-1]], "campaign_id"
    )


@pytest.mark.further
def test_a_day_that_was_empty_and_one_that_is_empty_now(lasting: Home) -> None:
    one: Figures = {(str(DAYS[0]),): (Decimal(1), Decimal(1), Decimal(1))}
    lasting.land("a.ndjson", event(1, day=str(DAYS[0]), cost="1", user_id="u"))
    lasting.ingest()
    close_days(begin_run(lasting.warehouse, lasting.settings), CLOSED)
    lasting.land("b.ndjson", event(2, day=str(DAYS[1]), cost="2", user_id="u"))
    lasting.ingest()
    assert read(lasting, stated=True) == one
    forget(begin_run(lasting.warehouse, lasting.settings), lasting.store, ["a.ndjson"])
    assert read(lasting, stated=True) == one
    restate_days(begin_run(lasting.warehouse, lasting.settings), DAYS[0], CLOSED)
    assert read(lasting, stated=True) == read(lasting, stated=False) == {(str(DAYS[1]),): (Decimal(1), Decimal(2), Decimal(1))}


class KilledError(Exception):
    pass


def killed_after(statements: int) -> Callable[..., None]:
    """What keeps statements, until so many have been kept."""
    left = iter(range(statements))

    def keep(*given: Any) -> None:
        if next(left, None) is None:
            raise KilledError
        keep_statement(*given)

    return keep


@pytest.mark.further
@pytest.mark.parametrize("applied", [False, True], ids=["close", "restate"])
def test_a_statement_counts_whole_or_not_at_all(lasting: Home, monkeypatch: pytest.MonkeyPatch, *, applied: bool) -> None:
    story = Story(lasting)
    story.land()
    if applied:
        close_days(begin_run(lasting.warehouse, lasting.settings), CLOSED)
        story.state(*DAYS[:2])
        story.land()
    before = read(lasting, "campaign_id", stated=True)
    for survived in range(4):  # each of two rollups has two days, the last thing is to name them
        monkeypatch.setattr("ads_pipeline.pipeline.closing.keep_statement", killed_after(survived))
        monkeypatch.setattr("ads_pipeline.pipeline.closing.TOGETHER", 1)
        run = begin_run(lasting.warehouse, lasting.settings)
        with pytest.raises(KilledError):
            restate_days(run, DAYS[0], CLOSED) if applied else close_days(run, CLOSED)
        monkeypatch.undo()
        assert read(lasting, "campaign_id", stated=True) == before
    run = begin_run(lasting.warehouse, lasting.settings)
    if applied:
        restate_days(run, DAYS[0], CLOSED)
    else:
        close_days(run, CLOSED)
    story.state(*DAYS[:2])
    story.check()
    story.land()
    story.check()
    assert len([one for one in read_history(lasting.warehouse, "campaign_daily", DAYS[0]) if one.kind != "change"]) == 1 + applied


@pytest.mark.further
def test_a_rollup_with_another_select_is_stated_anew_by_choice(make_home: Callable[..., Home], tmp_path: Path) -> None:
    (tmp_path / "sql" / "rollups").mkdir(parents=True)
    file = tmp_path / "sql" / "rollups" / "mine.sql"
    file.write_text("SELECT event_date, campaign_id, sumSimpleState(cost) AS cost FROM events GROUP BY event_date, campaign_id")
    home = make_home(retention_days=0, sql_dir=tmp_path / "sql")
    apply_changes(home.warehouse, home.settings)
    home.land("a.ndjson", event(1, day=str(DAYS[0]), cost="1"))
    home.ingest()
    close_days(begin_run(home.warehouse, home.settings), CLOSED)
    text = file.read_text().replace("AS cost", "AS cost, sumSimpleState(revenue) AS revenue")
    file.write_text(text)
    apply_changes(home.warehouse, home.settings)

    def told() -> list[dict[str, Any]]:
        plan = plan_query(find_rollup(home.warehouse, home.settings, "mine"), by=(), metrics=("cost", "revenue"), stated=True)
        rows: list[dict[str, Any]] = json.loads(run_raw(home.warehouse, plan, "json"))
        return rows

    with pytest.raises(EngineError, match="`ads restate` states them anew"):
        told()
    with pytest.raises(EngineError, match="`ads restate` states them anew"):
        home.ask("SELECT * FROM mine_stated")
    assert restate_days(begin_run(home.warehouse, home.settings), DAYS[0], CLOSED) == {"mine": [DAYS[0]]}
    assert told() == [{"cost": 1, "revenue": 0}] == home.ask("SELECT sum(cost) AS cost, sum(revenue) AS revenue FROM mine_stated")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_any_order_of_landing_closing_restating_and_rebuilding(seed: int, lasting: Home) -> None:
    """Until all days are closed: what is stated is what was current when it was stated last, and what is not closed is current."""
    story, rng = Story(lasting, seed), random.Random(seed)
    story.land()
    close_days(begin_run(lasting.warehouse, lasting.settings), CLOSED)
    story.state(*DAYS[:2])
    for _ in range(12):
        run = begin_run(lasting.warehouse, lasting.settings)
        match rng.choice(["land", "land", "restate", "backfill", "reload"]):
            case "land":
                story.land(rng.randrange(1, 20))
            case "restate":
                day = rng.choice(DAYS[:2])
                restate_days(run, day, day)
                story.state(day)
            case "backfill":
                backfill(run, plan_backfill(run, run.rollups, DAYS[0], DAYS[-1]))
            case _:
                reload(run, lasting.store, date(2020, 1, 1), date(2100, 1, 1))
        story.check()
