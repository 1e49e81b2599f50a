"""Recompute rollup days from raw and swap them in; note days as unsettled and settled.

A day is swapped in only if raw has all its rows (`completeness`) and they have not begun to expire. Any other day
stays as it is, unsettled: the check `settled` shows it, and the log says what to do.
"""

import logging
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial

from ads_pipeline.errors import MemoryLimitError, RollupError
from ads_pipeline.pipeline.apart import blamed
from ads_pipeline.pipeline.completeness import Lack, lacking_days, note_parts
from ads_pipeline.pipeline.grouping import in_groups
from ads_pipeline.pipeline.history import keep_totals
from ads_pipeline.pipeline.mergeable import is_mergeable
from ads_pipeline.pipeline.retention import EVENTS
from ads_pipeline.pipeline.rollups import Rollup
from ads_pipeline.warehouse.partitions import await_swaps, days_in, replace_day
from ads_pipeline.warehouse.statements import Name, Names, statement
from ads_pipeline.warehouse.warehouse import Warehouse, on_shards

log = logging.getLogger(__name__)

TOGETHER_ROWS, TOGETHER_DAYS = 4_000_000, 100
"""Raw rows and event days that one statement recomputes."""

Notes = dict[str, set[date]]
"""Event days by the batch that noted them."""

LOST_RAW = "lost-raw-"
"""Prefix of the notes of days that have lost raw rows: they wait until their drops are loaded again (`losses`)."""


def note_days(warehouse: Warehouse, batch: str, days: Collection[date], *, settled: bool) -> None:
    """Record that a batch is about to change days, or has finished with them, with the time by the engine's clock."""
    warehouse.insert("batch_days", ["batch", "event_date", "settled"], [[batch, day, int(settled)] for day in sorted(days)])


def settle_days(warehouse: Warehouse, batch: str, days: Collection[date], rollups: Sequence[Rollup]) -> None:
    """Record that a batch has finished with days, except those whose swap is not final yet: the next run settles these."""
    tables = [rollup.table for rollup in rollups]
    waiting = set[date]().union(*on_shards(warehouse, partial(await_swaps, tables=tables, days=sorted(days)))) if days else set()
    warehouse.sync()
    if waiting:
        log.warning("rows swapped out of %s are still being read: the next run settles these days", span(waiting))
    final = set(days) - waiting
    if final:
        note_parts(warehouse, [EVENTS, *tables], final)
        keep_totals(warehouse, rollups, batch, final)
    note_days(warehouse, batch, final, settled=True)


def settle_everywhere(warehouse: Warehouse, days: Collection[date], rollups: Sequence[Rollup]) -> None:
    """Settle days that are exact now, whichever batches noted them."""
    for batch, noted in sorted(open_notes(warehouse).items()) if days else ():
        if ready := noted & set(days):
            settle_days(warehouse, batch, ready, rollups)


@contextmanager
def scratch_tables(shard: Warehouse, rollups: Sequence[Rollup]) -> Iterator[dict[str, Name]]:
    """An empty table like each rollup's, by the rollup's name. If this run dies, the next one drops it."""
    run = uuid.uuid4().hex[:12]
    tables = {rollup.name: Name(f"scratch_{run}_{rollup.name}") for rollup in rollups}
    for rollup in rollups:
        make_scratch(shard, rollup, tables[rollup.name])
    yield tables
    if tables:
        shard.run(statement("maintenance/drop_tables", tables=tuple(tables.values())))


def make_scratch(shard: Warehouse, rollup: Rollup, table: Name) -> None:
    """An empty table like a rollup's, on one shard."""
    shard.run(statement("maintenance/rollup_scratch", table=table, model=rollup.table, dimensions=Names(rollup.dimensions)))


def rebuild_days(
    warehouse: Warehouse,
    rollups: Sequence[Rollup],
    days: Collection[date],
    progress: Callable[[date], None] | None = None,
    lacking: Callable[[Warehouse, Collection[date]], Mapping[date, Lack]] = lacking_days,
) -> set[date]:
    """Recompute days of rollups from `events FINAL` and swap each in at once; returns the days that it left as they are.

    These are days that lack raw rows, and the log names them. The caller has noted the days as unsettled, has made sure
    that none has begun to expire, and settles those that were rebuilt.

    Args:
        lacking: the check for days that lack rows.
    """
    left = unfit_days(warehouse, days, lacking(warehouse, days))
    if sound := sorted(set(days) - left):
        on_shards(warehouse, partial(rebuild_shard, rollups=rollups, days=sound, progress=progress))
    return left


def unfit_days(warehouse: Warehouse, days: Collection[date], lacking: Mapping[date, Lack]) -> set[date]:
    """Those of the days that lack raw rows or have lost some; the log names them and says what to do."""
    lost = lost_days(open_notes(warehouse)) & set(days) if days else set()
    tell_lacking(lacking.values())
    tell_lost(lost - lacking.keys())
    return lost | lacking.keys()


def rebuild_shard(shard: Warehouse, rollups: Sequence[Rollup], days: Sequence[date], progress: Callable[[date], None] | None) -> None:
    """Recompute days on one shard and swap them in, without checking that raw is complete."""
    found = shard.rows(statement("queries/rows_by_day"), days=list(days)) if days else []
    rows = {row["event_date"]: int(row["raw_rows"]) for row in found}
    with scratch_tables(shard, rollups) as scratch:
        for group in together(days, rows):
            for rollup in rollups:
                _rebuild_group(shard, rollup, scratch[rollup.name], group)
            if progress:
                for day in group:
                    progress(day)


def together(days: Sequence[date], rows: Mapping[date, int]) -> Iterator[list[date]]:
    """Days in groups, each to be recomputed in one statement: of `TOGETHER_ROWS` raw rows (`rows`, by day), or one larger day."""
    return in_groups(days, lambda day: rows.get(day, 0), TOGETHER_ROWS, TOGETHER_DAYS)


def _rebuild_group(shard: Warehouse, rollup: Rollup, scratch: Name, days: Sequence[date]) -> None:
    """Recompute days of a rollup, in one statement if that is the same as one by one, and swap each in; one by one if that fails."""
    for some in [days] if is_mergeable(rollup.select) else [[day] for day in days]:
        try:
            filled = compute_days(shard, rollup, scratch, some)
        except (RollupError, MemoryLimitError):
            if len(some) == 1:
                raise
            for day in some:
                _rebuild_group(shard, rollup, scratch, [day])
        else:
            for day in some:
                replace_day(shard, rollup.table, scratch, day, filled)


def compute_days(shard: Warehouse, rollup: Rollup, scratch: Name, days: Sequence[date]) -> set[date]:
    """Fill a scratch table with days of a rollup, from raw; returns those that have rows."""
    shard.run(statement("maintenance/truncate", table=scratch))
    events = statement("maintenance/events_of_days", database=Name(shard.connection.database))
    sql = statement("maintenance/rollup_days", scratch=scratch, events=events, select=rollup.select)
    with blamed(rollup, days[0] if len(days) == 1 else None):
        shard.run(sql, days=list(days))
    return days_in(shard, scratch)


def tell_lacking(lacking: Collection[Lack]) -> None:
    """Log which days lack rows, and what to do."""
    if lacking:
        found = list(lacking)
        log.error("%s: their rollups stay as they are. %s", lack_text(found), lack_remedy(found))


LOST_TEXT = (
    "raw rows have been lost since it was settled: the rollups stay as they are. `ads ingest` loads the drops of that day again, if they "
    "are in the landing store; if one is lost, `ads drops forget` removes what is left of it"
)


def tell_lost(days: Collection[date]) -> None:
    """Log which days wait for drops to be loaded again."""
    if days:
        log.error("%s: %s", span(days), LOST_TEXT)


def lack_text(lacking: Sequence[Lack]) -> str:
    """Which days lack rows, and how many, in words."""
    first = lacking[0]
    return (
        f"raw rows of {span([lack.event_date for lack in lacking])} are missing: "
        f"{first.event_date} holds {first.held} of the {first.accepted} events accepted"
    )


def lack_remedy(lacking: Sequence[Lack]) -> str:
    """What to do about days that lack rows."""
    names = list(dict.fromkeys(name for lack in lacking for name in lack.drops))
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return (
        f"`ads ingest` loads their drops again ({shown}), if they are in the landing store; "
        "if one is lost, `ads drops forget` removes what is left of it"
    )


def span(days: Collection[date]) -> str:
    """Days in words."""
    ordered = sorted(days)
    return str(ordered[0]) if len(ordered) == 1 else f"{len(ordered)} days from {ordered[0]} to {ordered[-1]}"


def open_notes(warehouse: Warehouse) -> Notes:
    """Unsettled days, by the batch that noted them."""
    notes: Notes = {}
    for row in warehouse.rows(statement("queries/unsettled")):
        notes.setdefault(row["batch"], set()).add(row["event_date"])
    return notes


def lost_days(notes: Mapping[str, set[date]]) -> set[date]:
    """The unsettled days that have lost raw rows."""
    return set[date]().union(*(days for batch, days in notes.items() if batch.startswith(LOST_RAW)))
