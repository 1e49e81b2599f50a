"""Closed days: what was told to others of a day is kept as its statement, and whatever changes later is a restatement of it.

A rollup stays exact: it has every change at once. What was stated is read where that is asked for, and a restatement is *held* until
`restate_days` makes what the rollup has now the statement.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ads_pipeline.days import EARLIEST_DAY, today
from ads_pipeline.errors import UsageError
from ads_pipeline.pipeline.grouping import in_groups
from ads_pipeline.pipeline.history import CLOSING, RESTATING, marks
from ads_pipeline.pipeline.rebuild import open_notes, span
from ads_pipeline.pipeline.rollups import Rollup
from ads_pipeline.pipeline.run import Run
from ads_pipeline.pipeline.stated import Closed, keep_statement, read_closed, shape_of
from ads_pipeline.warehouse.statements import statement
from ads_pipeline.warehouse.warehouse import Warehouse

TOGETHER = 31
"""Days whose rows one statement keeps."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """Days of a rollup that have rows to be kept, and the ranges that are stated by them: a day without rows is stated, too."""

    rollup: Rollup
    days: list[date]
    ranges: list[tuple[date, date]]


def closed_to(warehouse: Warehouse) -> date | None:
    """The last day that is closed, of any rollup."""
    return _latest(read_closed(warehouse))


def _latest(closed: Mapping[str, Closed]) -> date | None:
    return max((found.last for found in closed.values()), default=None)


def close_days(run: Run, last: date) -> date | None:
    """Close every day up to `last` that is not closed: the rows of all rollups become its statement.

    A closed day goes on taking what comes late; its changes are listed by `read_restatements`. If this run dies, no day is closed; run
    again: no change. Returns the last day that was closed before.

    Raises:
        UsageError: a day that is not over, or not settled.
    """
    warehouse = run.warehouse
    now = today(run.settings.timezone, warehouse.now())
    if last >= now:
        raise UsageError(f"{last} is not over: close days before {now}")
    closed, plans = read_closed(warehouse), list[_Plan]()
    for rollup in run.rollups:
        first = closed[rollup.name].last + timedelta(days=1) if rollup.name in closed else EARLIEST_DAY
        if first <= last:
            days = warehouse.column(statement("queries/days_of", table=rollup.table), first=first, last=last)
            plans.append(_Plan(rollup, list(days), [(first, last)]))
    if plans:
        _check_settled(warehouse, min(first for plan in plans for first, _ in plan.ranges), last)
        _state(warehouse, CLOSING, plans)
    return _latest(closed)


def restate_days(run: Run, first: date, last: date) -> dict[str, list[date]]:
    """Apply the restatements of closed days that are held: what all rollups have now becomes the statement of these days.

    If this run dies, all of them are held still; run again: no change. Returns the days that were stated anew, by rollup.

    Raises:
        UsageError: no day of the range is closed, or one is not settled.
    """
    warehouse = run.warehouse
    closed = closed_to(warehouse)
    if closed is None or first > closed:
        raise UsageError(f"{first} is not closed, and has no statement: " + (f"closed up to {closed}" if closed else "see `ads close`"))
    found = [(rollup, held_days(warehouse, rollup, first, last)) for rollup in run.rollups]
    plans = [_Plan(rollup, days, [(day, day) for day in days]) for rollup, days in found if days]
    if plans:
        _check_settled(warehouse, first, last)
        _state(warehouse, RESTATING, plans)
    return {plan.rollup.name: plan.days for plan in plans}


def held_days(warehouse: Warehouse, rollup: Rollup, first: date, last: date) -> list[date]:
    """Closed days whose restatements are held, or whose statement is of another SELECT of the rollup."""
    look = statement("history/held_days", marks=marks())
    return list(warehouse.column(look, name=rollup.name, first=first, last=last, shape=shape_of(rollup)))


def _check_settled(warehouse: Warehouse, first: date, last: date) -> None:
    noted = set[date]().union(*open_notes(warehouse).values())
    if unsettled := {day for day in noted if first <= day <= last}:
        raise UsageError(f"{span(unsettled)} cannot be stated: not settled. `ads check settled` says what to do")


def _state(warehouse: Warehouse, kind: str, plans: Sequence[_Plan]) -> None:
    """Keep statements, then name them all at once."""
    batch = f"{kind}{uuid.uuid4().hex[:12]}"
    for plan in plans:
        for days in in_groups(plan.days, lambda _: 1, TOGETHER, TOGETHER):
            keep_statement(warehouse, plan.rollup, batch, days)
    warehouse.sync()
    revision = warehouse.next_revision()
    rows = [[plan.rollup.name, batch, first, last, revision] for plan in plans for first, last in plan.ranges]
    warehouse.insert("statements", ["name", "batch", "first", "last", "revision"], rows)
    warehouse.sync()
