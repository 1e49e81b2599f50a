"""Moves of whole days between tables of one shape."""

import time
from collections.abc import Sequence
from datetime import date

from ads_pipeline.days import EARLIEST_DAY
from ads_pipeline.warehouse.statements import Name, statement
from ads_pipeline.warehouse.warehouse import Warehouse

SWAP_SECONDS = 60
"""How long a swap is waited for to be final."""


def replace_day(warehouse: Warehouse, target: Name, source: Name, day: date) -> None:
    """Swap in a day from `source`, where it may be empty: then the day is removed.

    `REPLACE PARTITION` from an empty table is refused by some releases and wipes silently on others,
    so an empty day is dropped in so many words.
    """
    if warehouse.value(statement("maintenance/row_count", table=source)):
        warehouse.run(statement("maintenance/replace_partition", target=target, source=source), day=day.isoformat())
    else:
        warehouse.confirm()
        drop_day(warehouse, target, day)


def attach_day(warehouse: Warehouse, target: Name, source: Name, day: date) -> None:
    """Add a day's parts of `source` to `target`, past its views."""
    warehouse.run(statement("maintenance/attach_partition", target=target, source=source), day=day.isoformat())


def drop_day(warehouse: Warehouse, target: Name, day: date) -> None:
    """Remove a day."""
    warehouse.run(statement("maintenance/drop_partition", target=target), day=day.isoformat())


def await_swaps(warehouse: Warehouse, tables: Sequence[Name], days: Sequence[date]) -> set[date]:
    """Wait until days that were replaced are so for good; returns those that are not after a while.

    An engine before 26.6 that is killed soon after `REPLACE PARTITION` starts with both the old and the new rows. The old ones
    leave the disk after some seconds, or when the last query that reads them ends; dropping any partition, even one that
    was never there, makes the engine look for what can leave at once. Replicated tables are told by the keeper what they hold.
    """
    if warehouse.connection.is_at_least("26.6") or warehouse.connection.dialect.replicated:
        return set()
    for table in tables:
        drop_day(warehouse, table, EARLIEST_DAY)
    deadline = time.monotonic() + SWAP_SECONDS
    while left := set(warehouse.column(statement("maintenance/swapped_out"), tables=[table.text for table in tables], days=list(days))):
        if time.monotonic() > deadline:
            return left
        time.sleep(0.25)
    return set()
