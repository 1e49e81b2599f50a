"""Retention: how long raw rows are kept. The engine's clock decides, and the TTL deletes later than the bound.

An event day is kept while `day >= kept_from`. That bound never moves back past a day that had events: its raw rows may
have been dropped already, so the day stays expired even under a longer retention.

The daily job drops the days before the bound, as the one writer. The table's own TTL deletes `TTL_MARGIN` days later:
a safety net if no job runs, which never deletes a row that a run still needs.
"""

import logging
import re
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from ads_pipeline.days import EARLIEST_DAY, first_kept_day
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.partitions import drop_day
from ads_pipeline.warehouse.state import read_state, write_state
from ads_pipeline.warehouse.statements import Name, statement
from ads_pipeline.warehouse.warehouse import Warehouse, on_shards

log = logging.getLogger(__name__)

EVENTS, EVENTS_CURRENT = Name("events"), Name("events_current")

REPEATS = (Name("corrections"), Name("duplicates"))
"""Tables of records that are no events of their own, of which every node has all rows: they go with the raw rows of their days."""

TTL_MARGIN = 2
"""Days between the bound of retention and the table's own TTL: more than time zones and clocks can differ."""

_TTL = re.compile(r"TTL toDate\(least\(toUInt32\(event_date\) \+ (\d+), 65535\)\)")
_OLD_TTL = re.compile(r"TTL toDateTime\(event_date, '[^']+'\) \+ toIntervalDay\((\d+)\)")


def kept_from(warehouse: Warehouse, settings: Settings, now: datetime | None = None) -> date:
    """The first event day whose raw rows are all kept: by the settings, and never before a bound recorded earlier.

    Args:
        now: by default the time of the engine's clock.
    """
    return kept_from_at(settings, now or warehouse.now(), read_state(warehouse))


def kept_from_at(settings: Settings, now: datetime, facts: Mapping[str, str]) -> date:
    """The same, by a time and a table `state` that were read before."""
    return max(first_kept_day(settings.retention_days, settings.timezone, now), reached_bound(facts))


def reached_bound(facts: Mapping[str, str]) -> date:
    """The bound that was recorded: raw rows before it may have been dropped."""
    reached = facts.get("kept_from")
    return date.fromisoformat(reached) if reached else EARLIEST_DAY


def advance_kept_from(warehouse: Warehouse, settings: Settings, now: datetime | None = None) -> date:
    """Record the current bound, so that it holds under a longer retention too; returns it."""
    bound = kept_from(warehouse, settings, now)
    _write_down(warehouse, bound)
    return bound


def _write_down(warehouse: Warehouse, bound: date) -> None:
    facts = read_state(warehouse)
    newest = warehouse.value(statement("queries/newest_day_before"), before=bound, reached=reached_bound(facts))
    write_bound(warehouse, newest, facts)


def write_bound(warehouse: Warehouse, newest: date, facts: Mapping[str, str]) -> None:
    """Record as the bound the day after `newest`, the newest event day before the bound that ever had an event.

    Later days never had an event, so they need no bound: nothing of theirs can be lost or counted twice.
    """
    reached = (newest + timedelta(days=1)).isoformat()
    if newest > EARLIEST_DAY and reached > facts.get("kept_from", ""):
        write_state(warehouse, kept_from=reached)


def retention_of(definition: str) -> tuple[int, bool]:
    """Days of retention by the TTL of table `events` (0: for ever), and whether its TTL has the form that this release uses.

    Args:
        definition: the statement that creates the table.
    """
    if found := _TTL.search(definition):
        return int(found[1]) - TTL_MARGIN, True
    old = _OLD_TTL.search(definition)
    return (int(old[1]), False) if old else (0, True)


def ttl_days(settings: Settings) -> int:
    """Days after which the TTL of table `events` deletes an event day; 0: never."""
    return settings.retention_days + TTL_MARGIN if settings.retention_days else 0


def apply_retention(warehouse: Warehouse, settings: Settings, definition: str) -> None:
    """Set the TTL of table `events` by the settings, after recording the bound of its present `definition`."""
    days, _ = retention_of(definition)
    if days:
        _write_down(warehouse, first_kept_day(days, settings.timezone, warehouse.now()))
    if upcoming := ttl_days(settings):
        warehouse.ddl.run(statement("maintenance/set_ttl", table=EVENTS, days=upcoming))
    else:
        warehouse.ddl.run(statement("maintenance/remove_ttl"))


def overdue_days(warehouse: Warehouse, settings: Settings, now: datetime | None = None) -> list[dict[str, Any]]:
    """Event days past retention that still have raw rows: `{event_date, rows}` each."""
    bound, rows = kept_from(warehouse, settings, now), Counter[date]()
    for found in on_shards(warehouse, lambda shard: shard.rows(statement("queries/overdue_days"), kept_from=bound)):
        rows.update({row["event_date"]: row["rows"] for row in found})
    return [{"event_date": day, "rows": rows[day]} for day in sorted(rows)]


def enforce_retention(
    warehouse: Warehouse, settings: Settings, now: datetime | None = None, *, dry_run: bool = False
) -> list[dict[str, Any]]:
    """Drop the partitions of `events` that are past retention.

    Returns the days dropped (or, with `dry_run`, to be dropped) with their rows. Rollups stay.
    """
    overdue = overdue_days(warehouse, settings, now)
    if not dry_run:
        bound = advance_kept_from(warehouse, settings, now)
        for day in overdue:
            on_shards(warehouse, partial(drop_day, target=EVENTS, day=day["event_date"]))
            log.info("dropped raw rows of %s: past retention", day["event_date"])
        _drop_repeats(warehouse, bound)
        warehouse.sync()
    return overdue


def _drop_repeats(warehouse: Warehouse, bound: date) -> None:
    for table in REPEATS:
        for day in warehouse.column(statement("queries/days_of", table=table), first=EARLIEST_DAY, last=bound - timedelta(days=1)):
            drop_day(warehouse, table, day)
