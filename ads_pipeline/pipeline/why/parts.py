"""The drops and lines that a cell is made of."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ads_pipeline.pipeline.amounts import added, less
from ads_pipeline.pipeline.why.cell import Cell
from ads_pipeline.pipeline.why.result import Line, Part, Why
from ads_pipeline.warehouse.statements import Name, Sql, statement

LINES = 3
"""Lines that are named of each drop."""


def add_parts(cell: Cell, found: Why, records: Sql, named: int, *, lines: bool) -> None:
    """Add the drops that have part in the cell: some by name, the others as one part.

    Args:
        records: the cell's records, see `Cell.held`.
        lines: whether they are told apart by line, so that events are counted and lines named.

    Raises:
        EngineError: `TOO_MANY`, more events than can be looked at one by one.
    """
    rows = cell.rows(statement("why/drops", records=records, merged=cell.merged, ranked=cell.ranked), limit=named)
    parts = [Part(cell.values(row), row["why_drop"], events=int(row["why_records"]) if lines else None) for row in rows if row["why_drop"]]
    names = [part.drop for part in parts]
    rest = cell.rows(statement("why/rest", records=records, merged=cell.merged), named=names)[0]
    if int(rest["why_drops"]):
        parts.append(Part(cell.values(rest), drops=int(rest["why_drops"]), events=int(rest["why_records"]) if lines else None))
    for row in cell.rows(statement("why/ledger"), named=names):
        part = parts[names.index(row["drop"])]
        part.source, part.landed_day = row["source"], row["landed_day"]
    if lines:
        for row in cell.rows(statement("why/lines", records=records, merged=cell.merged, ranked=cell.ranked), named=names, limit=LINES):
            parts[names.index(row["why_drop"])].lines.append(Line(int(row["why_line"]), int(row["why_number"]), cell.values(row)))
    _add_gone(cell, found, parts)
    _add_only(cell, found, parts, names, records)
    found.parts = parts


def _add_only(cell: Cell, found: Why, parts: Sequence[Part], names: Sequence[str], records: Sql) -> None:
    """What of each union no other part has; the rest of it several have."""
    if not cell.unions:
        return
    functions = tuple((Name(f"{cell.rollup.merge_function(metric)}If"), Name(metric)) for metric in cell.unions)
    without = cell.rows(
        statement("why/without", records=records, metrics=functions, places=tuple(range(len(names) + 2))),
        named=list(names),
    )[0]  # fmt: skip
    for place, part in enumerate(parts, 1):
        # place 0 is that of the drops that are not named; the one after the last is nobody's: all records
        index = place if part.drop else 0
        part.only = {metric: without[metric][-1] - without[metric][index] for metric in cell.unions}
    for metric in cell.unions:
        found.gone[metric] = found.value[metric] - without[metric][-1]
        found.shared[metric] = without[metric][-1] - sum(part.only[metric] for part in parts)


def add_drops_only(cell: Cell, found: Why, named: int) -> None:
    """The same for a rollup whose SELECT calculates with the day: the drops with most events of the day, and all others."""
    rows = cell.rows(statement("why/largest", database=Name(cell.warehouse.connection.database)), limit=named)
    names = [row["why_drop"] for row in rows]
    add_parts(replace(cell, parameters={"largest": names}), found, cell.by_drop(len(names)), named + 1, lines=False)
    if found.parts and not found.parts[-1].drop:
        found.parts[-1].drops = int(rows[0]["why_drops"]) - len(names)
    found.notes.append(
        f"the SELECT of {cell.rollup.name} calculates with event_date: taken apart by the drops with most events of the day, no lines, "
        "and without what came late, was corrected, repeated or refused"
    )


def _add_gone(cell: Cell, found: Why, parts: Sequence[Part]) -> None:
    """What of each sum the rollup has and the parts have not."""
    for metric in cell.sums:
        total: Any = 0
        for part in parts:
            total = added(total, part.values[metric])
        found.gone[metric] = less(found.value[metric], total)
