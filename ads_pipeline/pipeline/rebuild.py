"""Recompute rollup days from raw and swap them in; settle what a dead run left behind.

A day is swapped in only when it is complete (`completeness`) and its raw rows have not begun to expire. Any other day
stays as it is, and unsettled: the check `settled` shows it, and the log says what to do.
"""

import logging
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from typing import Any

from ads_pipeline.errors import RetentionError
from ads_pipeline.pipeline.apart import blamed, sparing
from ads_pipeline.pipeline.completeness import Lack, changed_days, lacking_days, note_parts
from ads_pipeline.pipeline.recount import finish_forgetting
from ads_pipeline.pipeline.retention import EVENTS, kept_from, reached_bound
from ads_pipeline.pipeline.rollups import Rollup, all_rollups, merged_select
from ads_pipeline.warehouse.client import Warehouse, on_shards
from ads_pipeline.warehouse.partitions import await_swaps, drop_leftovers, replace_day
from ads_pipeline.warehouse.statements import Name, Names, statement

log = logging.getLogger(__name__)


def note_days(warehouse: Warehouse, batch: str, days: Collection[date], *, settled: bool) -> None:
    """Write down that a batch is about to change days, or that it has finished with them; the engine's clock says when."""
    warehouse.insert("batch_days", ["batch", "event_date", "settled"], [[batch, day, int(settled)] for day in sorted(days)])


def settle_days(warehouse: Warehouse, batch: str, days: Collection[date], rollups: Sequence[Rollup]) -> None:
    """Write down that a batch has finished with days, but for those whose swap is not final: the next run sees to these."""
    tables = [rollup.table for rollup in rollups]
    waiting = set[date]().union(*on_shards(warehouse, partial(await_swaps, tables=tables, days=sorted(days)))) if days else set()
    warehouse.sync()
    if waiting:
        log.warning("rows swapped out of %s are still being read: the next run settles these days", span(waiting))
    final = set(days) - waiting
    if final:
        note_parts(warehouse, [EVENTS, *tables], final)
    note_days(warehouse, batch, final, settled=True)


def settle_everywhere(warehouse: Warehouse, days: Collection[date], rollups: Sequence[Rollup]) -> None:
    """Settle days that are exact now, whichever batch has noted them."""
    for batch, noted in sorted(open_notes(warehouse).items()) if days else ():
        if ready := noted & set(days):
            settle_days(warehouse, batch, ready, rollups)


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


def rebuild_days(
    warehouse: Warehouse, rollups: Sequence[Rollup], days: Collection[date], progress: Callable[[date], None] | None = None
) -> set[date]:
    """Recompute days of rollups from `events FINAL` and swap each in at once; returns the days that were left as they are.

    Left are days that lack raw rows, with one sentence in the log. The caller has noted the days as unsettled, knows that none
    has begun to expire, and settles those that were rebuilt.
    """
    lacking = lacking_days(warehouse, days)
    tell_lacking(lacking.values())
    sound = sorted(set(days) - lacking.keys())
    if sound:
        on_shards(warehouse, partial(_rebuild_shard, rollups=rollups, days=sound, progress=progress))
    return set(lacking)


def _rebuild_shard(shard: Warehouse, rollups: Sequence[Rollup], days: Sequence[date], progress: Callable[[date], None] | None) -> None:
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
        RetentionError: raw rows of a day are missing, or have begun to expire; nothing was changed.
    """
    recover(warehouse)
    days = complete_days(warehouse, rollups, first, last)
    batch = f"backfill-{uuid.uuid4().hex[:12]}"
    with warehouse.tagged(batch=batch):
        note_days(warehouse, batch, days, settled=False)
        chosen = list(rollups)
        left = sparing(warehouse, chosen, lambda: rebuild_days(warehouse, chosen, days, progress))
        settle_days(warehouse, batch, set(days) - left, chosen)
    return [day for day in days if day not in left]


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
        raise RetentionError(f"refused: {_lack_text(list(lacking.values()))}; nothing was changed. {_remedy(list(lacking.values()))}")
    return days


def tell_lacking(lacking: Collection[Lack]) -> None:
    """Say which days lack rows, and what to do."""
    if lacking:
        found = list(lacking)
        log.error("%s: their rollups stay as they are. %s", _lack_text(found), _remedy(found))


def _lack_text(lacking: Sequence[Lack]) -> str:
    first = lacking[0]
    return (
        f"raw rows of {span([lack.event_date for lack in lacking])} are missing: "
        f"{first.event_date} holds {first.held} of the {first.accepted} events accepted"
    )


def _remedy(lacking: Sequence[Lack]) -> str:
    names = list(dict.fromkeys(name for lack in lacking for name in lack.drops))
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return (
        f"`ads ingest` loads the drops that brought them again ({shown}), if they are in the landing store; "
        "if one is lost, `ads drops forget` takes back what is left of it"
    )


def span(days: Collection[date]) -> str:
    """Days in words."""
    ordered = sorted(days)
    return str(ordered[0]) if len(ordered) == 1 else f"{len(ordered)} days from {ordered[0]} to {ordered[-1]}"


def open_notes(warehouse: Warehouse) -> dict[str, set[date]]:
    """Days that stand unsettled, by the batch that noted them."""
    notes: dict[str, set[date]] = {}
    for row in warehouse.rows(statement("queries/unsettled")):
        notes.setdefault(row["batch"], set()).add(row["event_date"])
    return notes


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
        log.error("%s stays unsettled: a run died or rows were lost there, and raw has expired since; its rollups may be off", span(lost))
    fresh = {day for day in days if day >= fit}
    left = sparing(warehouse, rollups, lambda: rebuild_days(warehouse, rollups, fresh)) if fresh else set()
    if settled := fresh - left:
        log.warning("recovered %s, which a run that died or a loss had left unsettled: rebuilt from raw", span(settled))
    settle_everywhere(warehouse, settled, rollups)
    return sorted(settled)


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
    """Drops that brought rows which raw lacks, on days that are kept: to be loaded again before others."""
    days = set[date]().union(*open_notes(warehouse).values())
    kept = kept_from(warehouse) if days else date.max
    lacking = lacking_days(warehouse, {day for day in days if day >= kept})
    return frozenset(name for lack in lacking.values() for name in lack.drops)
