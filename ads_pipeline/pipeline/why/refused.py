"""Lines in quarantine that would have belonged to a cell, read as far as they can be."""

from ads_pipeline.errors import DropError, EngineError
from ads_pipeline.pipeline.reconcile.evidence import readable_lines
from ads_pipeline.pipeline.sources import source_files, time_zone_of
from ads_pipeline.pipeline.why.cell import Cell
from ads_pipeline.pipeline.why.result import Refused, Why
from ads_pipeline.warehouse.statements import statement

MOST_REASONS = 50
"""Sets of reasons that are listed of a source."""


UNREAD = "lines in quarantine of source"
"""How notes begin on lines that were not looked at: they may quote any of them."""


def add_refused(cell: Cell, found: Why) -> None:
    """Look through quarantine, source by source."""
    known = source_files(cell.settings)
    for source in cell.warehouse.column(statement("reconcile/sources")):
        if source not in known:
            found.notes.append(f"{UNREAD} {source} were not looked at: it has no SQL file any more")
            continue
        try:
            found.refused += _of_source(cell, source)
        except (EngineError, DropError) as error:
            found.notes.append(f"{UNREAD} {source} were not looked at: its SELECT fails on them ({error})"[:300])
    rows = cell.rows(statement("why/unplaced"), limit=MOST_REASONS)
    found.unplaced = {row["why_reasons"]: int(row["why_records"]) for row in rows}


def _of_source(cell: Cell, source: str) -> list[Refused]:
    lines = readable_lines(cell.warehouse, cell.settings, source)
    records = cell.records(lines, statement("why/marks_refused"))
    rows = cell.rows(
        statement("why/refused", records=records, merged=cell.merged),
        source=source,
        time_zone=time_zone_of(cell.settings, source),
        limit=MOST_REASONS,
        because=[],
        base=cell.day,
        days=[cell.day],
        timezone=cell.settings.timezone,
    )
    return [
        Refused(
            source, row["why_reasons"], int(row["why_records"]), int(row["why_drops"]),
            (str(row["why_first"][0]), int(row["why_first"][1])), cell.values(row),
        )
        for row in rows
    ]  # fmt: skip
