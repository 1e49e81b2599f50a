"""Before a run: settle what a dead one left, and notice what was lost since."""

import logging
import uuid
from collections.abc import Collection, Sequence
from datetime import date, timedelta

from ads_pipeline.pipeline.completeness import changed_days, lacking_days, note_parts
from ads_pipeline.pipeline.rebuild import note_days, open_notes, rebuild_days, settle_everywhere, span, tell_lacking
from ads_pipeline.pipeline.recount import finish_forgetting
from ads_pipeline.pipeline.retention import EVENTS, kept_from, reached_bound
from ads_pipeline.pipeline.rollups import Rollup, all_rollups
from ads_pipeline.warehouse.client import Warehouse
from ads_pipeline.warehouse.partitions import drop_leftovers
from ads_pipeline.warehouse.statements import statement

log = logging.getLogger(__name__)


def recover(warehouse: Warehouse) -> list[date]:
    """Settle the days that a dead run left unsettled, and those that have lost rows since: rebuild them from raw. Returns these days.

    Raw is idempotent by key, so whatever part of a batch was published, `events FINAL` is right about it. A day that lacks raw
    rows stays unsettled until they are loaded again, and one that has begun to expire for good: the check `settled` shows both.
    """
    warehouse.quiesce()
    drop_leftovers(warehouse)
    rollups, notes = all_rollups(warehouse), open_notes(warehouse)
    finish_forgetting(warehouse, notes)
    if note_changed(warehouse, rollups, set[date]().union(*notes.values())):
        notes = open_notes(warehouse)
    days = set[date]().union(*notes.values())
    # what has only just expired is there still: the job that drops it writes down its bound before, and the TTL lies behind
    fit = max(reached_bound(warehouse), kept_from(warehouse) - timedelta(days=1)) if days else date.max
    if lost := {day for day in days if day < fit}:
        log.error(
            "%s stays unsettled: a run died or rows were lost there, and raw has expired since; its rollups may be off. "
            "Look at it, then accept it with `ads backfill --as-is`",
            span(lost),
        )
    fresh = {day for day in days if day >= fit}
    left = _recover_days(warehouse, rollups, fresh) if fresh else set()
    if settled := fresh - left:
        log.warning("recovered %s, which a run that died or a loss had left unsettled: rebuilt from raw", span(settled))
    settle_everywhere(warehouse, settled, rollups)
    return sorted(settled)


def _recover_days(warehouse: Warehouse, rollups: Sequence[Rollup], days: set[date]) -> set[date]:
    """Rebuild days that are complete, which are noted before; returns those left.

    That rows were lost (`note_changed`) is no reason for readers to doubt what a rollup holds; a swap that the engine may die in is.
    """
    lacking = lacking_days(warehouse, days)
    tell_lacking(lacking.values())
    sound = days - lacking.keys()
    note_days(warehouse, f"recovery-{uuid.uuid4().hex[:12]}", sound, settled=False)
    return set(lacking) | (rebuild_days(warehouse, rollups, sound) if sound else set())


def note_changed(warehouse: Warehouse, rollups: Sequence[Rollup], unsettled: Collection[date]) -> set[date]:
    """Note as unsettled the days of raw and rollups that are not made of what they were when they were settled; returns these.

    A day of raw that was never noted (an earlier release made it) is looked at once, and left as it is if it lacks nothing.
    """
    changes = changed_days(warehouse, rollups)
    if not (changes.raw or changes.rollups or changes.never_noted):
        return set()
    kept = kept_from(warehouse)
    suspects = {day for day in changes.raw if day >= kept} | changes.rollups
    if never_noted := {day for day in changes.never_noted if day >= kept} - set(unsettled):
        lacking = lacking_days(warehouse, never_noted).keys()
        note_parts(warehouse, [EVENTS, *(rollup.table for rollup in rollups)], never_noted - lacking)
        suspects |= lacking
    suspects -= set(unsettled)
    if suspects:
        log.warning("%s: a table has lost or changed rows since these days were settled; they are looked at again", span(suspects))
        note_days(warehouse, f"lost-{uuid.uuid4().hex[:12]}", suspects, settled=False)
    return suspects


def urgent_drops(warehouse: Warehouse) -> frozenset[str]:
    """Drops to be loaded again before others: raw lacks rows that they brought on days that are kept, or their counts do not add up."""
    days = set[date]().union(*open_notes(warehouse).values())
    kept = kept_from(warehouse) if days else date.max
    lacking = lacking_days(warehouse, {day for day in days if day >= kept})
    unaccounted = warehouse.column(statement("queries/unaccounted_drops"))
    return frozenset([*unaccounted, *(name for lack in lacking.values() for name in lack.drops)])
