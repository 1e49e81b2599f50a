"""The verb `why`: a cell of a rollup, its parts, and what was left out of it, in statements that only read."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from ads_pipeline.errors import EngineError, UsageError
from ads_pipeline.pipeline.availability import left_out, read_availability
from ads_pipeline.pipeline.retention import kept_from
from ads_pipeline.pipeline.rollups import find_rollup
from ads_pipeline.pipeline.why.cell import TOO_MANY, Cell, checked
from ads_pipeline.pipeline.why.parts import add_drops_only, add_parts
from ads_pipeline.pipeline.why.refused import add_refused
from ads_pipeline.pipeline.why.repeats import add_corrections, add_duplicates
from ads_pipeline.pipeline.why.result import Landed, Why
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.error_codes import NO_RIGHT
from ads_pipeline.warehouse.statements import statement
from ads_pipeline.warehouse.warehouse import Warehouse

log = logging.getLogger(__name__)

TRIES = 3
"""How often a cell is taken apart again because a run changed it meanwhile."""

NAMED = 10
"""Drops that are named."""


def why(
    warehouse: Warehouse,
    settings: Settings,
    name: str,
    day: date,
    where: Mapping[str, Sequence[str]] | None = None,
    metrics: Sequence[str] | None = None,
    *,
    named: int = NAMED,
) -> Why:
    """Take a cell of a rollup apart.

    Args:
        name: the rollup's.
        day: the event day.
        where: values that a dimension may have; other rows of the rollup are left out.
        metrics: all by default.
        named: how many drops are named; all others are one part.

    Raises:
        UsageError: an unknown name; a metric that cannot be taken apart; a user who may not read events.
        SetApartError: the rollup is set apart.
    """
    available = read_availability(warehouse, [name])
    rollup = find_rollup(warehouse, settings, name, available.facts)
    cell = Cell(warehouse, settings, rollup, day, where or {}, checked(rollup, metrics, where or {}))
    try:
        for _ in range(TRIES):
            found = _taken_apart(cell, named)
            if not any(found.gone.values()) or found.expired or cell.value() == found.value:
                break
    except EngineError as error:
        if error.code != NO_RIGHT:
            raise
        raise UsageError(
            f"a cell of {name} cannot be taken apart: this user may read rollups, and neither events nor the ledger"
        ) from error
    if day in available.left_out:
        found.notes.append(left_out([day]))
    return found


def _taken_apart(cell: Cell, named: int) -> Why:
    found = Why(cell.rollup.name, cell.day, cell.where, _kinds(cell), cell.value())
    found.expired = cell.day < kept_from(cell.warehouse, cell.settings)
    try:
        _add_all(cell, found, named, lines=True)
    except EngineError as error:
        if error.code == NO_RIGHT:
            raise
        found = replace(found, notes=[])
        if error.code == TOO_MANY:
            found.notes.append("the cell has too many events to look at each: events are not counted; name fewer values with --where")
            _add_all(cell, found, named, lines=False)
        else:
            add_drops_only(cell, found, named)
    _add_notes(cell, found)
    return found


def _add_all(cell: Cell, found: Why, named: int, *, lines: bool) -> None:
    records = cell.held(lines=lines)
    add_parts(cell, found, records, named, lines=lines)
    _add_landed(cell, found, records)
    _add_changed(cell, found, records)
    add_corrections(cell, found)
    add_duplicates(cell, found)
    add_refused(cell, found)


def _kinds(cell: Cell) -> dict[str, str]:
    return {metric: "sum" if metric in cell.sums else "union" if metric in cell.unions else "merged" for metric in cell.metrics}


def _add_landed(cell: Cell, found: Why, records: Any) -> None:
    for row in cell.rows(statement("why/landed", records=records, merged=cell.merged)):
        landed = date.fromisoformat(row["why_landed_day"])
        late = max(timedelta(0), landed - cell.day).days
        found.landed.append(
            Landed(
                row["why_landed_day"], late, int(row["why_drops"]), None if _uncounted(found) else int(row["why_records"]), cell.values(row)
            )
        )


def _uncounted(found: Why) -> bool:
    return any(part.events is None for part in found.parts)


def _add_changed(cell: Cell, found: Why, records: Any) -> None:
    row = cell.rows(statement("why/changed", records=records))[0]
    found.changed_at, found.changed_by = row["changed_at"], row["changed_by"]


def _add_notes(cell: Cell, found: Why) -> None:
    """What is still known of an expired day, or why raw and the rollup disagree."""
    if found.expired:
        rows = cell.rows(statement("why/accepted"), limit=NAMED)
        found.accepted = {row["drop"]: int(row["accepted"]) for row in rows}
        if rows and int(rows[0]["drops"]) > len(rows):
            found.accepted[f"{int(rows[0]['drops']) - len(rows):,} other drops"] = int(rows[0]["total"]) - sum(found.accepted.values())
        found.notes.append(
            f"raw rows of {cell.day} have expired: what the rollup has of them stands; of its drops the ledger knows how many events each "
            "brought first, of all cells"
        )
    elif any(found.gone.values()):
        found.notes.append(
            "raw rows and the rollup disagree: a run changes this day at the moment, or died while it did, or rows were lost; "
            "`ads ingest` settles this, and `ads check` shows what it cannot settle"
        )
