"""Moves of whole days between tables of one shape."""

from datetime import date

from ads_pipeline.warehouse.client import Warehouse
from ads_pipeline.warehouse.statements import Name, statement


def replace_day(warehouse: Warehouse, target: Name, source: Name, day: date) -> None:
    """Swap in a day from `source`, where it may be empty: then the day is removed.

    `REPLACE PARTITION` from an empty table is refused by some releases and wipes silently on others,
    so an empty day is dropped in so many words.
    """
    if warehouse.value(statement("maintenance/row_count", table=source)):
        warehouse.run(statement("maintenance/replace_partition", target=target, source=source), day=day.isoformat())
    else:
        drop_day(warehouse, target, day)


def attach_day(warehouse: Warehouse, target: Name, source: Name, day: date) -> None:
    """Add a day's parts of `source` to `target`, past its views."""
    warehouse.run(statement("maintenance/attach_partition", target=target, source=source), day=day.isoformat())


def drop_day(warehouse: Warehouse, target: Name, day: date) -> None:
    """Remove a day."""
    warehouse.run(statement("maintenance/drop_partition", target=target), day=day.isoformat())


def drop_leftovers(warehouse: Warehouse) -> None:
    """Drop the scratch tables of runs that died."""
    for name in warehouse.column(statement("maintenance/leftovers")):
        warehouse.run(statement("maintenance/drop_table", table=Name(name)))
