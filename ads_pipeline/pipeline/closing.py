"""Closed days: what was told to others of a day is kept as its statement, and whatever changes later is a restatement of it."""

import uuid
from datetime import date, timedelta
from itertools import product

from ads_pipeline.days import EARLIEST_DAY, today
from ads_pipeline.errors import UsageError
from ads_pipeline.pipeline.history import CLOSING, functions_of
from ads_pipeline.pipeline.rebuild import open_notes, span
from ads_pipeline.pipeline.rollup_facts import Facts
from ads_pipeline.pipeline.run import Run
from ads_pipeline.warehouse.state import read_state, write_state
from ads_pipeline.warehouse.statements import Names, Part, statement

CLOSED_TO = "closed_to"


def closed_to(facts: Facts) -> date | None:
    """The last day that is closed."""
    return date.fromisoformat(facts[CLOSED_TO]) if CLOSED_TO in facts else None


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
    before = closed_to(read_state(warehouse))
    if before and last <= before:
        return before
    first = before + timedelta(days=1) if before else EARLIEST_DAY
    noted = set[date]().union(*open_notes(warehouse).values())
    if unsettled := {day for day in noted if first <= day <= last}:
        raise UsageError(f"{span(unsettled)} cannot be closed: not settled. `ads check settled` says what to do")
    batch = f"{CLOSING}{uuid.uuid4().hex[:12]}"
    for rollup, of_day in product(run.rollups, (False, True)):
        parts: dict[str, Part] = {"dimensions": Names(rollup.dimensions), "metrics": functions_of(rollup), "of_day": of_day}
        warehouse.run(
            statement("history/close", table=rollup.table, **parts),
            name=rollup.name,
            metrics=list(rollup.metrics),
            batch=batch,
            first=first,
            last=last,
            revision=warehouse.next_revision(),
        )
    write_state(warehouse, **{CLOSED_TO: last.isoformat()})
    warehouse.sync()
    return before
