"""Retention: how long raw rows are kept, decided by date arithmetic and applied by TTL and by a daily job.

An event day is kept while `day >= kept_from`. That bound never moves back past a day that had events: once its raw
rows may have been dropped, a longer retention does not bring them back, so the day counts as expired for good.
"""

import logging
import re
from collections import Counter
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from ads_pipeline.days import EARLIEST_DAY, first_kept_day
from ads_pipeline.warehouse.client import Warehouse, on_shards
from ads_pipeline.warehouse.partitions import drop_day
from ads_pipeline.warehouse.state import read_state, write_state
from ads_pipeline.warehouse.statements import Name, statement

log = logging.getLogger(__name__)

EVENTS = Name("events")
_TTL = re.compile(r"TTL toDateTime\(event_date, '([^']+)'\) \+ toIntervalDay\((\d+)\)")


def kept_from(warehouse: Warehouse, now: datetime | None = None) -> date:
    """The first event day whose raw rows are all kept: by arithmetic, and never before a bound once reached."""
    settings = warehouse.settings
    reached = read_state(warehouse).get("kept_from")
    return max(first_kept_day(settings.retention_days, settings.timezone, now), date.fromisoformat(reached) if reached else EARLIEST_DAY)


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


def table_retention(warehouse: Warehouse) -> tuple[str, int]:
    """Time zone and days of the TTL that table `events` has; days are 0 when it has none."""
    found = _TTL.search(warehouse.schema.value(statement("queries/create_table"), table="events"))
    return (found[1], int(found[2])) if found else (warehouse.settings.timezone, 0)


def apply_retention(warehouse: Warehouse, now: datetime | None = None) -> None:
    """Make the table's TTL the configured one. The old bound is written down first."""
    settings = warehouse.settings
    zone, days = table_retention(warehouse)
    if (zone, days) == (settings.timezone, settings.retention_days):
        return
    if days:
        _write_down(warehouse, first_kept_day(days, zone, now))
    if settings.retention_days:
        ttl = statement("maintenance/set_ttl", days=settings.retention_days)
        warehouse.schema.run(ttl, timezone=settings.timezone)
    else:
        warehouse.schema.run(statement("maintenance/remove_ttl"))


def overdue_days(warehouse: Warehouse, now: datetime | None = None) -> list[dict[str, Any]]:
    """Event days past retention that still have raw rows: `{event_date, rows}` each."""
    bound, rows = kept_from(warehouse, now), Counter[date]()
    for found in on_shards(warehouse, lambda shard: shard.rows(statement("queries/overdue_days"), kept_from=bound)):
        rows.update({row["event_date"]: row["rows"] for row in found})
    return [{"event_date": day, "rows": rows[day]} for day in sorted(rows)]


def enforce_retention(warehouse: Warehouse, now: datetime | None = None, *, dry_run: bool = False) -> list[dict[str, Any]]:
    """Drop the partitions of `events` that are past retention, since a TTL merge may lag.

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
