"""Before a run: settle what a dead one left, and notice what was lost since."""

import logging
import uuid
from datetime import date, timedelta

from ads_pipeline.pipeline.apart import sparing
from ads_pipeline.pipeline.losses import note_changed
from ads_pipeline.pipeline.rebuild import note_days, open_notes, rebuild_days, settle_everywhere, span, unfit_days
from ads_pipeline.pipeline.recount import finish_forgetting
from ads_pipeline.pipeline.retention import kept_from, reached_bound
from ads_pipeline.pipeline.rollups import Rollup, all_rollups
from ads_pipeline.warehouse.partitions import drop_leftovers
from ads_pipeline.warehouse.warehouse import Warehouse

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
    if note_changed(warehouse, rollups, notes):
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


def _recover_days(warehouse: Warehouse, rollups: list[Rollup], days: set[date]) -> set[date]:
    """Rebuild days that are complete, which are noted before; returns those left.

    That rows were lost (`note_changed`) is no reason for readers to doubt what a rollup holds; a swap that the engine may die in is.
    """
    left = unfit_days(warehouse, days)
    sound = days - left
    note_days(warehouse, f"recovery-{uuid.uuid4().hex[:12]}", sound, settled=False)
    return left | (sparing(warehouse, rollups, lambda: rebuild_days(warehouse, rollups, sound)) if sound else set())
