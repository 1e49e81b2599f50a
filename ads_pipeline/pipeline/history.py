"""The history of rollup days: what a day came to when it was first settled, and at each change since.

It is written where days are settled, by one statement for each rollup, and only what has changed. So a run that died leaves no gap: whoever
settles its days writes what they come to. Of closed days (`closing`) each row is kept, of others the day as a whole.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from ads_pipeline.errors import EngineError, MemoryLimitError, UsageError
from ads_pipeline.pipeline.amounts import less
from ads_pipeline.pipeline.rollups import Rollup
from ads_pipeline.warehouse.statements import NOTHING, Name, Names, Sql, statement
from ads_pipeline.warehouse.warehouse import Warehouse, side_by_side

log = logging.getLogger(__name__)

CLOSING, RESTATING = "close-", "restate-"
"""What the batch of a statement begins with: of a closing, and of one that applies restatements."""

Totals = Mapping[str, str]
"""Metric → its value as the engine writes it; empty where there are no events."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a day came to since a batch settled it, or when it was closed.

    Args:
        kind: `change`; or `closed` and `restated`: the totals are what was stated of the day then.
        drops: some of the drops that the batch loaded; none of a backfill, a recovery or a day that lost rows.
    """

    kind: str
    settled_at: datetime
    batch: str
    drops: Sequence[str]
    totals: Totals


@dataclass(frozen=True, slots=True)
class Restatement:
    """A row of a closed day that changed: what stood before (first in the statement), and since.

    Args:
        is_applied: the day was stated anew since; else it is held.
    """

    day: date
    keys: Mapping[str, str]
    change: Change
    is_applied: bool
    before: Totals = field(default_factory=dict)


def keep_totals(warehouse: Warehouse, rollups: Sequence[Rollup], batch: str, days: Collection[date]) -> None:
    """Keep what days come to that a batch has settled, if that has changed."""
    if not rollups or not days:
        return
    revision = warehouse.next_revision()

    def keep(rollup: Rollup, place: Warehouse) -> None:
        sql = statement("history/keep", rollup=rollup.table, metrics=functions_of(rollup), dimensions=Names(rollup.dimensions))
        values = {"name": rollup.name, "names": list(rollup.metrics), "batch": batch, "days": sorted(days), "revision": revision}
        try:
            place.run(sql, **values)
        except EngineError as error:  # a metric that has no text, for example: no reason to stop loading
            log.error("the history of these days was not kept, of rollup %s: %s", rollup.name, error)

    try:
        side_by_side(warehouse, [partial(keep, rollup) for rollup in rollups])
    except MemoryLimitError:
        for rollup in rollups:
            keep(rollup, warehouse)


def functions_of(rollup: Rollup) -> tuple[tuple[Name, Name], ...]:
    """Each metric with the function that merges its states."""
    return tuple((Name(rollup.merge_function(metric)), Name(metric)) for metric in rollup.metrics)


def read_history(warehouse: Warehouse, rollup: str, day: date) -> list[Change]:
    """The changes of a day, the first one first; none for a day that was settled before there was a history."""
    rows = warehouse.rows(statement("history/days"), name=rollup, day=day)
    stated = warehouse.rows(statement("history/stated_days"), name=rollup, day=day)
    found: list[Change] = []
    for row in sorted([*rows, *stated], key=lambda row: int(row["revision"])):
        if "stated_at" in row:
            kind = "restated" if row["batch"].startswith(RESTATING) else "closed"
            found.append(Change(kind, row["stated_at"], row["batch"], [], found[-1].totals if found else {}))
        else:
            found.append(_change(row))
    return found


def read_restatements(
    warehouse: Warehouse, rollup: Rollup, first: date, last: date, limit: int, where: Mapping[str, Sequence[str]] | None = None
) -> list[Restatement]:
    """What has changed of closed days since they were closed, by day, then in the order of settling.

    Args:
        where: values that a dimension may have, by dimension.

    Raises:
        UsageError: an unknown dimension.
    """
    where = where or {}
    for column in where:
        if column not in rollup.dimensions:
            raise UsageError(f"unknown dimension {column!r} of {rollup.name}; there are: {', '.join(rollup.dimensions)}")
    rows = warehouse.rows(
        statement("history/restatements", marks=marks(), places=tuple(1 + rollup.dimensions.index(column) for column in where)),
        name=rollup.name,
        first=first,
        last=last,
        limit=limit,
        dimensions=len(rollup.dimensions),
        **{f"values_{place}": list(values) for place, values in enumerate(where.values())},
    )
    return [
        Restatement(
            row["event_date"],
            dict(zip(rollup.dimensions, row["keys"], strict=True)),
            _change(row),
            bool(row["is_applied"]),
            dict(zip(row["metrics"], row["before"], strict=True)) if row["before"] else {},
        )
        for row in rows
    ]


def marks(rollup: Sql = NOTHING) -> Sql:
    """The SELECT of the stated days of a rollup, or of the one that the parameter `name` names."""
    return statement("history/marks", fixed=rollup)


def _change(row: Mapping[str, Any]) -> Change:
    totals = dict(zip(row["metrics"], row["totals"], strict=True)) if row["totals"] else {}
    return Change("change", row["settled_at"], row["batch"], list(row["drops"]), totals)


def history_as_dict(rollup: str, day: date, closed: date | None, changes: Sequence[Change]) -> dict[str, Any]:
    """The history of a day in types of JSON; `closed`: the last closed day."""
    return {
        "rollup": rollup,
        "day": day.isoformat(),
        "closed": bool(closed and day <= closed),
        "changes": [_change_as_dict(one) for one in changes],
    }


def _change_as_dict(change: Change) -> dict[str, Any]:
    told = {"kind": change.kind, "settled_at": change.settled_at.isoformat(), "batch": change.batch, "drops": change.drops}
    return told | {"totals": numbers(change.totals, tuple(change.totals))}


def restatements_as_dict(closed: date | None, restatements: Sequence[Restatement], metrics: Sequence[str]) -> dict[str, Any]:
    """Restatements in types of JSON; `closed`: the last closed day."""
    return {
        "closed_to": closed.isoformat() if closed else None,
        "restatements": [_restatement_as_dict(one, metrics) for one in restatements],
    }


def _restatement_as_dict(one: Restatement, metrics: Sequence[str]) -> dict[str, Any]:
    told = {
        "day": one.day.isoformat(),
        "keys": one.keys,
        "applied": one.is_applied,
        "before": numbers(one.before, tuple(one.before)),
        "difference": differences(one, metrics),
    }
    return told | _change_as_dict(one.change)


def numbers(totals: Totals, metrics: Sequence[str]) -> dict[str, Any]:
    """Totals as numbers, texts where they are none; of no events, None."""
    return {metric: _number(totals[metric]) if metric in totals else None for metric in metrics}


def differences(one: Restatement, metrics: Sequence[str]) -> dict[str, Any]:
    """How much each metric changed; None of one that is no number."""
    old, new = numbers(one.before, metrics), numbers(one.change.totals, metrics)
    is_text = {metric: isinstance(old[metric], str) or isinstance(new[metric], str) for metric in metrics}
    return {metric: None if is_text[metric] else less(new[metric] or Decimal(0), old[metric] or Decimal(0)) for metric in metrics}


def _number(text: str) -> Any:
    try:
        return Decimal(text) if Decimal(text).is_finite() else text
    except InvalidOperation:
        return text
