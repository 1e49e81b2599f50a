"""Retention: how long raw rows are kept. One clock decides, the engine's, and deletion has a margin behind it.

An event day is kept while `day >= kept_from`. That bound never moves back past a day that had events: once its raw
rows may have been dropped, a longer retention does not bring them back, so the day counts as expired for good.

The daily job drops the days before the bound, as the one writer. The table's own TTL lies `TTL_MARGIN` days behind the
bound: a safety net for when no job runs, which never takes a row that a run still counts on.
"""

import logging
import re
from collections import Counter
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from ads_pipeline.days import EARLIEST_DAY, first_kept_day
from ads_pipeline.warehouse.partitions import drop_day
from ads_pipeline.warehouse.state import read_state, write_state
from ads_pipeline.warehouse.statements import Name, statement
from ads_pipeline.warehouse.warehouse import Warehouse, on_shards

log = logging.getLogger(__name__)

EVENTS, EVENTS_CURRENT = Name("events"), Name("events_current")

TTL_MARGIN = 2
"""Days between the bound of retention and the table's own TTL: more than time zones and clocks can differ by."""

_TTL = re.compile(r"TTL toDate\(least\(toUInt32\(event_date\) \+ (\d+), 65535\)\)")
_OLD_TTL = re.compile(r"TTL toDateTime\(event_date, '[^']+'\) \+ toIntervalDay\((\d+)\)")


def kept_from(warehouse: Warehouse, now: datetime | None = None) -> date:
    """The first event day whose raw rows are all kept: by arithmetic, and never before a bound once reached.

    Args:
        now: the moment that it is asked for; that of the engine's clock when it is not given.
    """
    settings = warehouse.settings
    return max(first_kept_day(settings.retention_days, settings.timezone, now or warehouse.now()), reached_bound(warehouse))


def reached_bound(warehouse: Warehouse) -> date:
    """The bound that was reached and written down: raw rows before it may have been dropped."""
    reached = read_state(warehouse).get("kept_from")
    return date.fromisoformat(reached) if reached else EARLIEST_DAY


def advance_kept_from(warehouse: Warehouse, now: datetime | None = None) -> date:
    """Write down the present bound, so that it holds under a longer retention too; returns it."""
    bound = kept_from(warehouse, now)
    _write_down(warehouse, bound)
    return bound


def _write_down(warehouse: Warehouse, bound: date) -> None:
    """Days before the bound that never had an event are not bound by it: nothing of theirs can be lost or counted twice."""
    newest = warehouse.value(statement("queries/newest_day_before"), before=bound)
    reached = (newest + timedelta(days=1)).isoformat()
    if newest > EARLIEST_DAY and reached > read_state(warehouse).get("kept_from", ""):
        write_state(warehouse, kept_from=reached)


def table_retention(warehouse: Warehouse) -> tuple[int, bool]:
    """Days of retention that table `events` is set up for (0: for ever), and whether its TTL is of the form that this release makes."""
    text = warehouse.ddl.value(statement("queries/create_table"), table="events")
    if found := _TTL.search(text):
        return int(found[1]) - TTL_MARGIN, True
    old = _OLD_TTL.search(text)
    return (int(old[1]), False) if old else (0, True)


def apply_retention(warehouse: Warehouse, now: datetime | None = None) -> None:
    """Make the table's TTL the configured one. The old bound is written down first."""
    settings = warehouse.settings
    days, is_current = table_retention(warehouse)
    if is_current and days == settings.retention_days:
        return
    if days:
        _write_down(warehouse, first_kept_day(days, settings.timezone, now or warehouse.now()))
    if settings.retention_days:
        warehouse.ddl.run(statement("maintenance/set_ttl", days=settings.retention_days + TTL_MARGIN))
    else:
        warehouse.ddl.run(statement("maintenance/remove_ttl"))


def overdue_days(warehouse: Warehouse, now: datetime | None = None) -> list[dict[str, Any]]:
    """Event days past retention that still have raw rows: `{event_date, rows}` each."""
    bound, rows = kept_from(warehouse, now), Counter[date]()
    for found in on_shards(warehouse, lambda shard: shard.rows(statement("queries/overdue_days"), kept_from=bound)):
        rows.update({row["event_date"]: row["rows"] for row in found})
    return [{"event_date": day, "rows": rows[day]} for day in sorted(rows)]


def enforce_retention(warehouse: Warehouse, now: datetime | None = None, *, dry_run: bool = False) -> list[dict[str, Any]]:
    """Drop the partitions of `events` that are past retention.

    Returns the days dropped (or, with `dry_run`, to be dropped) with their rows. Rollups stay.
    """
    overdue = overdue_days(warehouse, now)
    if not dry_run:
        advance_kept_from(warehouse, now)
        for day in overdue:
            on_shards(warehouse, partial(drop_day, target=EVENTS, day=day["event_date"]))
            log.info("dropped raw rows of %s: past retention", day["event_date"])
        warehouse.sync()
    return overdue
