"""Records that are no events of their own: corrections, each with what was before and after, and duplicates."""

from typing import Any

from ads_pipeline.pipeline.amounts import less
from ads_pipeline.pipeline.why.cell import Cell
from ads_pipeline.pipeline.why.result import Content, Correction, Corrections, Part, Values, Why
from ads_pipeline.warehouse.statements import Name, Sql, statement

NAMED = 10
"""Corrections, and drops with duplicates, that are named."""


def add_corrections(cell: Cell, found: Why) -> None:
    """Corrections that changed the cell: of events that it has, and of those that it has no more."""
    changes = _changes(cell)
    amounts = tuple(Name(side + metric) for metric in cell.sums for side in (BEFORE, AFTER))
    totals = cell.rows(statement("why/corrected", changes=changes, amounts=amounts))[0]
    if not int(totals["why_corrections"]):
        return
    ranked = (Name(BEFORE + cell.ranked.text), Name(AFTER + cell.ranked.text)) if isinstance(cell.ranked, Name) else ((), ())
    rows = cell.rows(statement("why/corrections", changes=changes, before=ranked[0], after=ranked[1]), limit=NAMED)
    net = {metric: less(totals[AFTER + metric], totals[BEFORE + metric]) for metric in cell.sums}
    listed = [
        Correction(
            row["why_event_id"], row["why_event_type"],
            _content(cell, row["why_before"], row, BEFORE), _content(cell, row["why_after"], row, AFTER),
        )
        for row in rows
    ]  # fmt: skip
    found.corrections = Corrections(int(totals["why_events"]), int(totals["why_corrections"]), net, listed)


BEFORE, AFTER = "why_before_", "why_after_"


def _changes(cell: Cell) -> Sql:
    rows = statement("why/kept_rows", database=Name(cell.warehouse.connection.database))
    return statement(
        "why/changes",
        rows=rows,
        records=cell.records(rows, statement("why/marks_kept")),
        merged=cell.merged,
        metrics=tuple((Name(metric), Name(BEFORE + metric), Name(AFTER + metric)) for metric in cell.metrics),
    )


def _content(cell: Cell, source: Any, row: dict[str, Any], side: str) -> Content:
    drop, line, record = source if isinstance(source, list) else source.values()
    values: Values = {metric: row[side + metric] for metric in cell.metrics}
    return Content(drop, int(line), int(record), values)


def add_duplicates(cell: Cell, found: Why) -> None:
    """Records that repeated what is, or was, in the cell: some of their drops by name, the others as one part."""
    rows = statement("why/repeated_rows", database=Name(cell.warehouse.connection.database))
    records = cell.records(rows, statement("why/marks_repeated"))
    named = cell.rows(statement("why/drops", records=records, merged=cell.merged, ranked=()), limit=NAMED)
    found.duplicates = [Part(cell.values(row), row["why_drop"], events=int(row["why_records"])) for row in named]
    if len(named) < NAMED:
        return
    rest = cell.rows(statement("why/rest", records=records, merged=cell.merged), named=[part.drop for part in found.duplicates])[0]
    if int(rest["why_drops"]):
        found.duplicates.append(Part(cell.values(rest), drops=int(rest["why_drops"]), events=int(rest["why_records"])))
