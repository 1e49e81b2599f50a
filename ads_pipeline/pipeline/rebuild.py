"""Recompute rollup days from raw and swap them in; settle what a dead run left behind."""

import logging
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial
from typing import Any

from ads_pipeline.days import utc_now
from ads_pipeline.errors import RetentionError
from ads_pipeline.pipeline.apart import blamed, sparing
from ads_pipeline.pipeline.retention import kept_from
from ads_pipeline.pipeline.rollups import Rollup, all_rollups, merged_select
from ads_pipeline.warehouse.client import Warehouse, on_shards
from ads_pipeline.warehouse.partitions import await_swaps, drop_leftovers, replace_day
from ads_pipeline.warehouse.statements import Name, Names, statement

log = logging.getLogger(__name__)


def note_days(warehouse: Warehouse, batch: str, days: Sequence[date], *, settled: bool) -> None:
    """Write down that a batch is about to change days, or that it has finished with them."""
    now = utc_now()
    warehouse.insert("batch_days", ["batch", "event_date", "settled", "noted_at"], [[batch, day, int(settled), now] for day in days])


def settle_days(warehouse: Warehouse, batch: str, days: Sequence[date], rollups: Sequence[Rollup]) -> None:
    """Write down that a batch has finished with days, but for those whose swap is not final: the next run sees to these."""
    tables = [rollup.table for rollup in rollups]
    waiting = set[date]().union(*on_shards(warehouse, partial(await_swaps, tables=tables, days=days))) if days else set()
    warehouse.sync()
    if waiting:
        log.warning("rows swapped out of %s are still being read: the next run settles these days", _span(sorted(waiting)))
    note_days(warehouse, batch, [day for day in days if day not in waiting], settled=True)


@contextmanager
def scratch_tables(shard: Warehouse, rollups: Sequence[Rollup]) -> Iterator[dict[str, Name]]:
    """An empty table like each rollup's, by its name; no other run has a table of that name, and one that takes over drops it."""
    run = uuid.uuid4().hex[:12]
    tables = {rollup.name: Name(f"scratch_{run}_{rollup.name}") for rollup in rollups}
    for rollup in rollups:
        make_scratch(shard, rollup, tables[rollup.name])
    yield tables
    for table in tables.values():
        shard.run(statement("maintenance/drop_table", table=table))


def make_scratch(shard: Warehouse, rollup: Rollup, table: Name) -> None:
    """An empty table like a rollup's, on one shard."""
    shard.run(statement("maintenance/rollup_scratch", table=table, model=rollup.table, dimensions=Names(rollup.dimensions)))


def rebuild_days(shard: Warehouse, rollups: Sequence[Rollup], days: Sequence[date], progress: Callable[[date], None] | None = None) -> None:
    """Recompute days of rollups from a shard's `events FINAL` and swap each in at once.

    The caller has made sure that the days' raw rows are complete, has noted the days as unsettled, and settles them.
    """
    with scratch_tables(shard, rollups) as scratch:
        for day in days:
            for rollup in rollups:
                compute_day(shard, rollup, scratch[rollup.name], day)
                replace_day(shard, rollup.table, scratch[rollup.name], day)
            if progress:
                progress(day)


def compute_day(shard: Warehouse, rollup: Rollup, scratch: Name, day: date) -> None:
    """Fill a scratch table with one day of a rollup, from raw."""
    shard.run(statement("maintenance/truncate", table=scratch))
    sql = statement("maintenance/rollup_day", scratch=scratch, database=Name(shard.database), select=rollup.select)
    with blamed(rollup, day):
        shard.run(sql, day=day)


def backfill(
    warehouse: Warehouse, rollups: Sequence[Rollup], first: date, last: date, progress: Callable[[date], None] | None = None
) -> list[date]:
    """Rebuild a range of event days, both ends included; days without events are left empty.

    Returns the days rebuilt. Running it again gives the same rollups.

    Raises:
        RetentionError: raw rows of a day have begun to expire; nothing was changed.
    """
    recover(warehouse)
    days = complete_days(warehouse, rollups, first, last)
    batch = f"backfill-{uuid.uuid4().hex[:12]}"
    with warehouse.tagged(batch=batch):
        note_days(warehouse, batch, days, settled=False)
        chosen = list(rollups)
        sparing(warehouse, chosen, lambda: on_shards(warehouse, lambda shard: rebuild_days(shard, chosen, days, progress)))
        settle_days(warehouse, batch, days, chosen)
    return days


def plan_backfill(warehouse: Warehouse, rollups: Sequence[Rollup], first: date, last: date) -> list[dict[str, Any]]:
    """What a backfill would do: each rollup day's metrics at present and as `new_…`; swaps nothing.

    Raises:
        RetentionError: as the backfill would.
    """
    days = complete_days(warehouse, rollups, first, last)
    rows = []
    for rollup in rollups:
        scratch = Name(f"scratch_{uuid.uuid4().hex[:12]}_{rollup.name}")
        on_shards(warehouse, partial(make_scratch, rollup=rollup, table=scratch))
        warehouse.spread(scratch)
        for day in days:
            on_shards(warehouse, partial(compute_day, rollup=rollup, scratch=scratch, day=day))
            totals = [
                warehouse.rows(merged_select(rollup, (), rollup.metrics, statement("queries/where_day"), table), day=day)[0]
                for table in (rollup.table, scratch)
            ]
            new = {f"new_{metric}": value for metric, value in totals[1].items()}
            rows.append({"rollup": rollup.name, "event_date": day, "changes": totals[0] != totals[1], **totals[0], **new})
        for place in warehouse.places:
            place.run(statement("maintenance/drop_table", table=scratch))
    return rows


def complete_days(warehouse: Warehouse, rollups: Sequence[Rollup], first: date, last: date) -> list[date]:
    """The days of a range that hold anything, all of them fit to be rebuilt.

    Raises:
        RetentionError: naming the days whose raw rows are expired or fewer than the ledger's.
    """
    kept = kept_from(warehouse)
    raw = {row["event_date"]: row for row in warehouse.rows(statement("queries/raw_days"), first=first, last=last)}
    filled = {
        day for rollup in rollups for day in warehouse.column(statement("queries/days_of", table=rollup.table), first=first, last=last)
    }
    days = sorted(filled | set(raw))
    if expired := [day for day in days if day < kept]:
        raise RetentionError(
            f"refused: raw rows of {_span(expired)} have expired or begun to (kept from {kept} on), a rebuild would lose results; "
            f"nothing was changed. Begin at {kept}, or raise ADS_RETENTION_DAYS before days expire"
        )
    if lost := [day for day in days if _held(raw, day) < _accepted(raw, day)]:
        held, accepted = _held(raw, lost[0]), _accepted(raw, lost[0])
        raise RetentionError(
            f"refused: raw rows of {_span(lost)} are missing: {lost[0]} holds {held} of the {accepted} events accepted; "
            f"nothing was changed. `ads reload` the drops of these events first"
        )
    return days


def _held(raw: dict[date, dict[str, Any]], day: date) -> int:
    return int(raw[day]["held"]) if day in raw else 0


def _accepted(raw: dict[date, dict[str, Any]], day: date) -> int:
    return int(raw[day]["accepted"]) if day in raw else 0


def _span(days: Sequence[date]) -> str:
    return str(days[0]) if len(days) == 1 else f"{len(days)} days from {days[0]} to {days[-1]}"


def recover(warehouse: Warehouse, now: datetime | None = None) -> list[date]:
    """Settle the days that a dead run left unsettled: rebuild them from raw. Returns these days.

    Raw is idempotent by key, so whatever part of a batch was published, `events FINAL` is right about it.
    A day that expired meanwhile cannot be rebuilt: it stays unsettled, and the check `settled` shows it.
    """
    warehouse.quiesce()
    drop_leftovers(warehouse)
    open_notes = warehouse.rows(statement("queries/unsettled"))
    kept = kept_from(warehouse, now)
    days = sorted({row["event_date"] for row in open_notes if row["event_date"] >= kept})
    if lost := sorted({row["event_date"] for row in open_notes if row["event_date"] < kept}):
        log.error("a run died while it changed %s, and their raw rows have expired since: these rollup days may be off", _span(lost))
    if days:
        log.warning("recovering: a run died while it changed %s; rebuilding from raw", _span(days))
        rollups = all_rollups(warehouse)
        sparing(warehouse, rollups, lambda: on_shards(warehouse, lambda shard: rebuild_days(shard, rollups, days)))
        for batch in sorted({row["batch"] for row in open_notes}):
            of_batch = [row["event_date"] for row in open_notes if row["batch"] == batch and row["event_date"] >= kept]
            settle_days(warehouse, batch, of_batch, rollups)
    return days
