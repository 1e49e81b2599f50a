"""Correct the ledger's counts by day to the rows that raw has, after drops were forgotten, lost or loaded again."""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

from ads_pipeline.pipeline.completeness import note_parts, sound_days
from ads_pipeline.pipeline.ledger import Counts, entry_of, read_ledger, write_entries
from ads_pipeline.pipeline.retention import EVENTS
from ads_pipeline.warehouse.statements import Sql, statement
from ads_pipeline.warehouse.warehouse import Warehouse, on_shards

log = logging.getLogger(__name__)

FORGET = "forget-"
"""Prefix of the notes of days whose rows a `forget` deletes."""

ERASE = "erase-"
"""Prefix of the notes of days whose rows an `erase` deletes."""


def recount_days(warehouse: Warehouse, of: Sql, first_day: date, lacking: Collection[date] = (), **parameters: object) -> None:
    """Count again, by drop and kept event day, the identities that each drop inserted first.

    Args:
        of: a SELECT of the names of drops, with its `parameters`.
        first_day: counts of earlier days stay as they are.
        lacking: days that lack rows: counts of these never go down, so that the loss stays known.
    """
    days = warehouse.column(statement("queries/days_of_drops", of=of), first_day=first_day, **parameters)
    warehouse.run(
        statement("ingest/drop_days_from_raw", of=of),
        days=days,
        lacking=sorted(lacking),
        revision=warehouse.next_revision(),
        **parameters,
    )


def recount_drops(warehouse: Warehouse, drops: Sequence[str], days: Collection[date], lacking: Collection[date] = ()) -> None:
    """The same for drops of these names on these days."""
    if days and drops:
        values = {"days": sorted(days), "lacking": sorted(lacking), "drops": list(drops)}
        sql = statement("ingest/drop_days_from_raw", of=statement("ingest/drops_named"))
        warehouse.run(sql, revision=warehouse.next_revision(), **values)


def take_back(warehouse: Warehouse, drops: Sequence[str], days: Collection[date], first_day: date) -> None:
    """Delete from raw the rows that drops inserted, corrected or confirmed, and their lines from quarantine. Run again: no change.

    Args:
        first_day: counts of earlier days stay as they are.
    """
    values = {"drops": list(drops), "days": sorted(days)}
    sound = sound_days(warehouse) - set(days)
    for day in sorted(days):
        warehouse.confirm()
        on_shards(warehouse, partial(Warehouse.run, sql=statement("maintenance/take_back"), drops=list(drops), day=day.isoformat()))
    warehouse.sync()
    note_parts(warehouse, [EVENTS], sound)  # the mutation renames the parts of other days too, without changing them
    touched = [*drops, *warehouse.column(statement("queries/drops_of_days"), **values)]
    recount_days(warehouse, statement("ingest/drops_named"), first_day, drops=touched)
    warehouse.run(statement("maintenance/release_drops"), drops=list(drops), revision=warehouse.next_revision())


def count_published(warehouse: Warehouse, batches: Collection[str], days: Collection[date]) -> None:
    """Count the events that dead batches have published of drops which stay loaded: those of a replay, which may not be run again.

    Counts only go up, so that a loss stays known.
    """
    found = warehouse.column(statement("queries/published_by"), batches=sorted(batches), days=sorted(days))
    recount_drops(warehouse, found, days, lacking=days)


def finish_forgetting(warehouse: Warehouse, notes: Mapping[str, set[date]], first_day: date) -> bool:
    """Finish a `forget` of a run that died, by the days that it noted. Returns whether there was one."""
    begun = {batch: days for batch, days in notes.items() if batch.startswith(FORGET)}
    for batch, days in begun.items():
        if drops := warehouse.column(statement("queries/forgotten_by"), batch=batch):
            take_back(warehouse, drops, days, first_day)
    return bool(begun)


def vanish(warehouse: Warehouse, drops: Sequence[str], first_day: date) -> None:
    """Mark drops as vanished that left the landing store before they were fully loaded; events published from them stay."""
    recount_days(warehouse, statement("ingest/drops_named"), first_day, drops=list(drops))
    found = {row["drop"]: row for row in warehouse.rows(statement("queries/counts_held"), drops=list(drops))}
    entries, errors = [], {}
    for row in read_ledger(warehouse, drops=drops):
        held = found.get(row["drop"], {"accepted": 0, "quarantined": 0})
        accepted, quarantined = int(held["accepted"]), int(held["quarantined"])
        entries.append(replace(entry_of(row), counts=Counts(accepted + quarantined, accepted, 0, 0, quarantined)))
        kept = f"{accepted} of its events had been published, and stay" if accepted else "nothing of it had been published"
        errors[row["drop"]] = f"gone from the landing store before it was loaded; {kept}"
        log.warning("drop %s: %s", row["drop"], errors[row["drop"]])
    write_entries(warehouse, entries, "vanished", "", errors)
