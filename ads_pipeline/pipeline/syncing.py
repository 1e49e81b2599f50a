"""Tables synced to disk: whatever a run reports as done rests on parts that a loss of power does not take."""

from ads_pipeline.warehouse.statements import SYNCED, Name, statement
from ads_pipeline.warehouse.warehouse import Warehouse


def unsynced_tables(warehouse: Warehouse) -> list[str]:
    """Tables that promises rest on and that an earlier release made without syncing them."""
    places = dict.fromkeys((warehouse, warehouse.ddl))
    return [name for place in places for name in place.column(statement("maintenance/unsynced"), synced=SYNCED)]


def sync_tables(warehouse: Warehouse) -> None:
    """Have every part that these tables get from now on synced; run again: no change."""
    for place in dict.fromkeys((warehouse, warehouse.ddl)):
        for name in place.column(statement("maintenance/unsynced"), synced=SYNCED):
            place.run(statement("maintenance/sync_table", table=Name(name)))
