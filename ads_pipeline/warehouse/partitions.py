"""Whole days moved between tables of the same shape."""

import time
from collections.abc import Collection, Sequence
from datetime import date

from ads_pipeline.days import EARLIEST_DAY
from ads_pipeline.warehouse.statements import Name, statement
from ads_pipeline.warehouse.warehouse import Warehouse

DAYS_AT_ONCE = 100
"""Days that one statement moves."""

SWAP_SECONDS, SWAP_LOOK = 60, 0.25
"""Seconds to wait at most until a swap is final, and between looks."""


def replace_day(warehouse: Warehouse, target: Name, source: Name, day: date, filled: Collection[date]) -> None:
    """Replace a day by that of `source`; if it is none of those `filled` there, the day is removed.

    Some releases refuse `REPLACE PARTITION` from an empty table and others wipe the day silently, so an empty day is
    dropped explicitly.
    """
    if day in filled:
        warehouse.run(statement("maintenance/replace_partition", target=target, source=source), day=day.isoformat())
    else:
        warehouse.confirm()
        drop_day(warehouse, target, day)


def days_in(warehouse: Warehouse, table: Name) -> set[date]:
    """The days that a table has rows of."""
    return set(warehouse.column(statement("queries/days_held", table=table)))


def attach_days(warehouse: Warehouse, target: Name, source: Name, days: Sequence[date]) -> None:
    """Add the parts of days of `source` to `target`; its views do not see them."""
    for first in range(0, len(days), DAYS_AT_ONCE):
        partitions = tuple(int(f"{day:%Y%m%d}") for day in days[first : first + DAYS_AT_ONCE])
        warehouse.run(statement("maintenance/attach_partitions", target=target, source=source, partitions=partitions))


def drop_day(warehouse: Warehouse, target: Name, day: date) -> None:
    """Remove a day."""
    warehouse.run(statement("maintenance/drop_partition", target=target), day=day.isoformat())


def await_swaps(warehouse: Warehouse, tables: Sequence[Name], days: Sequence[date]) -> set[date]:
    """Wait until replaced days stay replaced even if the engine is killed; returns the days that are not final after a while.

    An engine before 26.6 that is killed soon after `REPLACE PARTITION` starts again with both the old and the new rows. The old
    ones leave the disk after some seconds, or when the last query that reads them ends; dropping any partition, even one that
    never existed, makes the engine remove at once what it can. Replicated tables learn from the keeper which rows they hold.
    """
    if warehouse.connection.is_at_least("26.6") or warehouse.connection.dialect.replicated:
        return set()
    deadline = time.monotonic() + SWAP_SECONDS
    left = _swapped_out(warehouse, tables, days)
    while left and time.monotonic() < deadline:
        for table in tables:
            drop_day(warehouse, table, EARLIEST_DAY)
        if left := _swapped_out(warehouse, tables, days):
            time.sleep(SWAP_LOOK)
    return left


def _swapped_out(warehouse: Warehouse, tables: Sequence[Name], days: Sequence[date]) -> set[date]:
    """The days whose swap is not final."""
    return set(warehouse.column(statement("maintenance/swapped_out"), tables=[table.text for table in tables], days=list(days)))
