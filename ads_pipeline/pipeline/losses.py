"""Rows that a table has lost since its days were settled: detected by its parts, and loaded again.

A day with as many rows as were accepted may still have wrong ones, since a lost row may have been a correction. So a day that
has lost raw rows stays unsettled until all drops with lines of that day have been loaded again.
"""

import logging
import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from ads_pipeline.pipeline.books import Books, note_books
from ads_pipeline.pipeline.completeness import Parts, Place, changed_days, lacking_days, note_parts, write_parts
from ads_pipeline.pipeline.rebuild import (
    LOST_RAW,
    lost_days,
    note_days,
    open_notes,
    rebuild_shard,
    settle_everywhere,
    span,
    tell_lacking,
    tell_lost,
)
from ads_pipeline.pipeline.recount import ERASE, FORGET, recount_drops
from ads_pipeline.pipeline.retention import EVENTS, kept_from
from ads_pipeline.pipeline.rollups import Rollup
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.statements import statement
from ads_pipeline.warehouse.warehouse import Warehouse, on_shards

log = logging.getLogger(__name__)


def note_changed(
    warehouse: Warehouse, rollups: Sequence[Rollup], notes: Mapping[str, set[date]], noted: Mapping[Place, Parts], kept: date
) -> set[date]:
    """Note as unsettled the days on which parts of raw or of a rollup have changed since they were settled; returns these days.

    A day of raw whose parts were never noted (by an earlier release) is checked once, and its parts are noted if it lacks nothing.

    Args:
        notes: unsettled days by the batch that noted them.
        noted: the parts noted of raw and of the rollups.
        kept: the first event day whose raw rows are all kept.
    """
    changes = changed_days(warehouse, rollups, noted)
    if changes.merged:  # else a later mutation, which renames the parts of all days, would make them look like days that have lost rows
        write_parts(warehouse, changes.merged)
    if not (changes.raw or changes.rollups or changes.never_noted):
        return set()
    unsettled = set[date]().union(*notes.values())
    # an unfinished `forget` or `erase` deletes rows on purpose
    known = lost_days(notes).union(*(days for batch, days in notes.items() if batch.startswith((FORGET, ERASE))))
    lost = {day for day in changes.lost_raw if day >= kept} - known
    if never_noted := {day for day in changes.never_noted if day >= kept} - unsettled:
        lacking = lacking_days(warehouse, never_noted).keys()
        note_parts(warehouse, [EVENTS, *(rollup.table for rollup in rollups)], never_noted - lacking)
        lost |= lacking
    changed = ({day for day in changes.raw | changes.rollups if day >= kept} | changes.lost_rollups) - unsettled - lost
    for kind, days in ((LOST_RAW, lost), ("lost-rollup-", changed)):
        if days:
            log.warning("%s: a table has lost or changed rows since these days were settled; they are checked again", span(days))
            note_days(warehouse, f"{kind}{uuid.uuid4().hex[:12]}", days, settled=False)
    return lost | changed


def urgent_drops(warehouse: Warehouse, settings: Settings, notes: Mapping[str, set[date]], books: Books) -> frozenset[str]:
    """Drops to load again before others: a kept day of theirs lacks rows, or their counts do not add up.

    Args:
        notes: unsettled days by the batch that noted them.
        books: of books that are unchanged, the counts add up.
    """
    days = set[date]().union(*notes.values())
    kept = kept_from(warehouse, settings) if days else date.max
    lacking = lacking_days(warehouse, {day for day in days if day >= kept})
    lost = _drops_of(warehouse, {day for day in lost_days(notes) if day >= kept})
    unaccounted = [] if books.unchanged else warehouse.column(statement("queries/unaccounted_drops"))
    if not (books.unchanged or unaccounted):
        note_books(warehouse, books)
    return frozenset([*unaccounted, *(row["drop"] for row in lost), *(name for lack in lacking.values() for name in lack.drops)])


def settle_lost(warehouse: Warehouse, settings: Settings, rollups: Sequence[Rollup], reloaded: Collection[str]) -> None:
    """Rebuild and settle days that had lost raw rows, if all their drops are loaded again.

    A missing drop holds up a day if it may have corrected events there, or if the day lacks rows that it inserted first.
    """
    days, kept = lost_days(open_notes(warehouse)), kept_from(warehouse, settings)
    days = {day for day in days if day >= kept}
    missing = {row["event_date"] for row in _drops_of(warehouse, days) if row["repeated"] and row["drop"] not in reloaded}
    tell_lost(missing)
    ready = days - missing
    recount_drops(warehouse, sorted(reloaded), ready)
    lacking = lacking_days(warehouse, ready)
    tell_lacking(lacking.values())
    if whole := sorted(ready - lacking.keys()):
        # if the engine dies while days are swapped, readers leave them out
        note_days(warehouse, f"recovery-{uuid.uuid4().hex[:12]}", whole, settled=False)
        on_shards(warehouse, partial(rebuild_shard, rollups=rollups, days=whole, progress=None))
        settle_everywhere(warehouse, whole, rollups)
        log.warning("%s: the rows that raw had lost are loaded again, and the rollups are rebuilt", span(whole))


def _drops_of(warehouse: Warehouse, days: Collection[date]) -> list[dict[str, Any]]:
    """The loaded drops that have lines of days: `{event_date, drop, repeated}` each."""
    return warehouse.rows(statement("queries/drops_of_lost_days"), days=sorted(days)) if days else []
