"""The verb `backfill`: rebuild a range of event days of rollups from raw, or show what that would change."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from ads_pipeline.errors import RetentionError
from ads_pipeline.pipeline.apart import sparing
from ads_pipeline.pipeline.completeness import lacking_days
from ads_pipeline.pipeline.rebuild import (
    LOST_TEXT,
    compute_days,
    lack_remedy,
    lack_text,
    lost_days,
    make_scratch,
    note_days,
    open_notes,
    rebuild_days,
    settle_days,
    settle_everywhere,
    span,
)
from ads_pipeline.pipeline.retention import EVENTS, kept_from
from ads_pipeline.pipeline.rollups import Rollup, merged_select
from ads_pipeline.pipeline.run import Run
from ads_pipeline.warehouse.statements import Name, statement
from ads_pipeline.warehouse.warehouse import Warehouse, on_shards


@dataclass(frozen=True, slots=True)
class BackfillPlan:
    """Event days of rollups that can all be rebuilt: `backfill` rebuilds them, `preview` shows what would change."""

    rollups: tuple[Rollup, ...]
    days: tuple[date, ...]


def plan_backfill(run: Run, rollups: Sequence[Rollup], first: date, last: date) -> BackfillPlan:
    """Plan a rebuild of the days of a range that have events or rollup rows, both ends included.

    Raises:
        RetentionError: raw rows of a day are missing, or have begun to expire.
    """
    return BackfillPlan(tuple(rollups), tuple(complete_days(run, rollups, first, last)))


def backfill(run: Run, plan: BackfillPlan, progress: Callable[[date], None] | None = None) -> list[date]:
    """Rebuild the days of a plan. Running it again gives the same rollups.

    Returns the days rebuilt: all but those that have lost raw rows since they were planned.
    """
    warehouse, chosen = run.warehouse, list(plan.rollups)
    batch = f"backfill-{uuid.uuid4().hex[:12]}"
    with warehouse.tagged(batch=batch):
        note_days(warehouse, batch, plan.days, settled=False)
        left = sparing(warehouse, run.settings, chosen, lambda: rebuild_days(warehouse, chosen, plan.days, progress))
        settle_days(warehouse, batch, set(plan.days) - left, chosen)
    return [day for day in plan.days if day not in left]


def preview(warehouse: Warehouse, plan: BackfillPlan) -> list[dict[str, Any]]:
    """What a plan would change: the metrics of each rollup day, now and as `new_…`; changes nothing."""
    rows = []
    for rollup in plan.rollups:
        scratch = Name(f"scratch_{uuid.uuid4().hex[:12]}_{rollup.name}")
        on_shards(warehouse, partial(make_scratch, rollup=rollup, table=scratch))
        warehouse.topology.distribute(scratch)
        for day in plan.days:
            on_shards(warehouse, partial(compute_days, rollup=rollup, scratch=scratch, days=[day]))
            totals = [
                warehouse.rows(merged_select(rollup, (), rollup.metrics, table=table, of_day=True), day=day)[0]
                for table in (rollup.table, scratch)
            ]
            new = {f"new_{metric}": value for metric, value in totals[1].items()}
            rows.append({"rollup": rollup.name, "event_date": day, "changes": totals[0] != totals[1], **totals[0], **new})
        for place in warehouse.topology.batch_connections:
            place.run(statement("maintenance/drop_tables", tables=scratch))
    return rows


def complete_days(run: Run, rollups: Sequence[Rollup], first: date, last: date) -> list[date]:
    """The days of a range that have events or rollup rows, if all can be rebuilt.

    Raises:
        RetentionError: raw rows of some of the days have expired or are missing; it names the days.
    """
    warehouse, kept = run.warehouse, kept_from(run.warehouse, run.settings)
    tables = [EVENTS, *(rollup.table for rollup in rollups)]
    found = {day for table in tables for day in warehouse.column(statement("queries/days_of", table=table), first=first, last=last)}
    expected = warehouse.column(statement("queries/accepted_days"), first=first, last=last)
    days = sorted({*found, *expected})
    if expired := [day for day in days if day < kept]:
        raise RetentionError(
            f"refused: raw rows of {span(expired)} have expired or begun to (kept from {kept} on), a rebuild would lose results; "
            f"nothing was changed. Begin at {kept}, or raise ADS_RETENTION_DAYS before days expire"
        )
    if lacking := lacking_days(warehouse, days):
        raise RetentionError(f"refused: {lack_text(list(lacking.values()))}; nothing was changed. {lack_remedy(list(lacking.values()))}")
    if lost := lost_days(open_notes(warehouse)) & set(days):
        raise RetentionError(f"refused: {span(lost)}: {LOST_TEXT}")
    return days


def accept_days(run: Run, first: date, last: date) -> list[date]:
    """Settle the unsettled days of a range whose raw rows have expired, with their rollups as they are; returns these days.

    They can no longer be recomputed: whoever calls this accepts their numbers. Run again: no change.
    """
    kept = kept_from(run.warehouse, run.settings)
    days = {day for noted in run.found.notes.values() for day in noted if first <= day <= last and day < kept}
    settle_everywhere(run.warehouse, days, run.rollups)
    return sorted(days)
