"""The history of rollup days: what a day came to when it was first settled, and at each change since.

It is written where days are settled, one statement for each batch, and only what has changed. So a run that died leaves no gap: whoever
settles its days writes what they come to. Of closed days (`closing`) each row is kept, of others the day as a whole.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from ads_pipeline.errors import EngineError
from ads_pipeline.pipeline.rollups import Rollup
from ads_pipeline.warehouse.statements import Name, Names, statement
from ads_pipeline.warehouse.warehouse import Warehouse

log = logging.getLogger(__name__)

Totals = Mapping[str, str]
"""Metric → its value as the engine writes it; empty where there are no events."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a day came to since a batch settled it.

    Args:
        drops: some of the drops that the batch loaded; none of a backfill, a recovery or a day that lost rows.
    """

    settled_at: datetime
    batch: str
    drops: Sequence[str]
    totals: Totals


@dataclass(frozen=True, slots=True)
class Restatement:
    """A row of a closed day that changed: what stood before (first in the statement), and since."""

    day: date
    keys: Mapping[str, str]
    change: Change
    before: Totals = field(default_factory=dict)


def keep_totals(warehouse: Warehouse, rollups: Sequence[Rollup], batch: str, days: Collection[date]) -> None:
    """Keep what days come to that a batch has settled, if that has changed."""
    if not rollups or not days:
        return
    try:
        _keep(warehouse, rollups, batch, days)
    except EngineError as error:  # a metric that has no text, for example: no reason to stop loading
        log.error("the history of these days was not kept: %s", error)


def _keep(warehouse: Warehouse, rollups: Sequence[Rollup], batch: str, days: Collection[date]) -> None:
    warehouse.run(
        statement("history/keep", rollups=tuple((rollup.table, functions_of(rollup), Names(rollup.dimensions)) for rollup in rollups)),
        names=[rollup.name for rollup in rollups],
        batch=batch,
        days=sorted(days),
        revision=warehouse.next_revision(),
        **{f"metrics_{place}": list(rollup.metrics) for place, rollup in enumerate(rollups)},
    )


def functions_of(rollup: Rollup) -> tuple[tuple[Name, Name], ...]:
    """Each metric with the function that merges its states."""
    return tuple((Name(rollup.merge_function(metric)), Name(metric)) for metric in rollup.metrics)


def read_history(warehouse: Warehouse, rollup: str, day: date) -> list[Change]:
    """The changes of a day, the first one first; none for a day that was settled before there was a history."""
    rows = warehouse.rows(statement("history/days"), name=rollup, day=day)
    return [_change(row) for row in rows]


def read_restatements(warehouse: Warehouse, rollup: Rollup, first: date, last: date, limit: int) -> list[Restatement]:
    """What has changed of closed days since they were closed, by day, then in the order of settling."""
    rows = warehouse.rows(statement("history/restatements"), name=rollup.name, first=first, last=last, limit=limit)
    return [
        Restatement(
            row["event_date"],
            dict(zip(rollup.dimensions, row["keys"], strict=True)),
            _change(row),
            dict(zip(row["metrics"], row["before"], strict=True)) if row["before"] else {},
        )
        for row in rows
    ]


def _change(row: Mapping[str, Any]) -> Change:
    totals = dict(zip(row["metrics"], row["totals"], strict=True)) if row["totals"] else {}
    return Change(row["settled_at"], row["batch"], list(row["drops"]), totals)
