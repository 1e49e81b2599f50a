"""A hint for a drop of which (nearly) every line is refused for the same reason: what seems to be wrong, and what to do.

A reason says which rule a value breaks; that all lines break it has one cause: the format, the source, a setting.
"""

from itertools import groupby
from operator import itemgetter

from ads_pipeline.landing import Drop
from ads_pipeline.pipeline.batch import Batch
from ads_pipeline.pipeline.causes import Cause, Refused, cause_of
from ads_pipeline.pipeline.ledger import Counts
from ads_pipeline.pipeline.source_heads import source_head
from ads_pipeline.pipeline.sources import source_files
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.statements import Sql, file_path

ALIKE = 0.8
"""Share of the records with a reason from which it is that of the drop: titles and totals have others."""

NAMED = 4
"""Reasons that are named; a line of another format misses all fields."""


def causes(batch: Batch) -> dict[str, tuple[list[str], Cause]]:
    """By the name of a drop, if nearly all of it is refused alike: the reasons, and what seems to be the cause."""
    found = {number: entry for number, entry in enumerate(batch.entries, 1) if entry.counts.mostly_refused and entry in batch.loaded}
    if not found:
        return {}
    numbers = {"drops": list(found), "records": [entry.counts.records for entry in found.values()]}
    rows = batch.warehouse.rows(batch.sql("refused_alike"), share=ALIKE, **numbers)
    files, told = source_files(batch.settings), dict[str, tuple[list[str], Cause]]()
    for number, group in groupby(rows, itemgetter("drop_no")):
        drop, alike = found[number].drop, list(group)
        reasons = [row["reason"] for row in alike]
        line = bytes.fromhex(alike[0]["sample"]).decode(errors="replace")
        told[drop.name] = reasons, cause_of(_refused(batch.settings, files[drop.source], drop, reasons, line))
    return told


def _refused(settings: Settings, select: Sql, drop: Drop, reasons: list[str], line: str) -> Refused:
    is_own = file_path(select.name, settings.sql_dir) != file_path(select.name)
    return Refused(reasons, line, drop.format.name, source_head(drop.source, select).format, drop.source, select.text, is_own)


def hints(batch: Batch) -> dict[str, str]:
    """By the name of a drop of a batch, if nearly all of it is refused alike: a sentence for people."""
    entries = {entry.drop.name: entry for entry in batch.entries}
    return {
        name: f"{refused_for(entries[name].counts, reasons)}: {cause.text}{_again(entries[name].drop, cause)}"
        for name, (reasons, cause) in causes(batch).items()
    }


def refused_for(counts: Counts, reasons: list[str]) -> str:
    """How much of a drop is refused, and for what."""
    more = f" and {len(reasons) - NAMED} more" if len(reasons) > NAMED else ""
    share = "all" if counts.quarantined == counts.records else f"{counts.quarantined:,} of"
    records = f"{share} {counts.records:,} records are" if counts.records > 1 else "its only record is"
    return f"{records} refused ({', '.join(reasons[:NAMED])}{more})"


def _again(drop: Drop, cause: Cause) -> str:
    """The command that judges the lines once more when the cause is gone."""
    match cause.then:
        case "reload":
            return f"; then `ads reload --from {drop.landed_day} --to {drop.landed_day} --source {drop.source}`"
        case "replay":
            return f"; then `ads quarantine replay --drop {drop.name}`"
    return ""
