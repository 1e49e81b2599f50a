"""Rewrite `events` into the table that a migration makes: with another key or other types, which an ALTER cannot give it.

The new table is made beside the old one, filled day by day with the current rows, and takes its name in one exchange. The views of
rollups are dropped before, so that every rollup is completed afterwards (`standing`): its SELECT may yield other types now. A run that
dies before the exchange leaves `events` as it was, and the next one begins again; after the exchange only notes are lacking.
"""

import logging
from datetime import date

from ads_pipeline.days import EARLIEST_DAY
from ads_pipeline.errors import EngineError, SettingsError
from ads_pipeline.pipeline.completeness import forget_parts, note_table, parts_noted
from ads_pipeline.pipeline.inventory import Inventory
from ads_pipeline.pipeline.losses import note_changed
from ads_pipeline.pipeline.rebuild import open_notes, span
from ads_pipeline.pipeline.retention import EVENTS, TTL_MARGIN, kept_from, retention_of
from ads_pipeline.pipeline.rollups import column_types
from ads_pipeline.pipeline.sources import id_spaces
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.migrations import Migration
from ads_pipeline.warehouse.statements import Name, Names, statement
from ads_pipeline.warehouse.warehouse import Warehouse, on_shards

log = logging.getLogger(__name__)


def check_rewriting(warehouse: Warehouse) -> None:
    """Refuse a migration that rewrites `events` where it cannot be done safely.

    Raises:
        SettingsError: the database is a cluster's, and has events: its nodes do not exchange tables at one moment.
    """
    if (
        warehouse.ddl is not warehouse
        and warehouse.has_table(EVENTS.text)
        and warehouse.value(statement("maintenance/row_count", table=EVENTS))
    ):
        raise SettingsError(
            "this release identifies events by their type and id space too, for which the events of a cluster cannot be rewritten: set "
            "ADS_DATABASE to a new name, and `ads ingest` loads the drops there; this database stays as it is, and can be queried"
        )


def rewrite_events(warehouse: Warehouse, settings: Settings, inventory: Inventory, migration: Migration) -> None:
    """Give `events` the columns and the key that a migration says; run again: no change.

    Args:
        inventory: what the database held before its migrations.

    Raises:
        EngineError: the new table does not hold what the old one does; `events` stays as it was.
    """
    upcoming = Name(migration.made)
    warehouse.ddl.run(statement("maintenance/drop_rollup_table", table=upcoming))
    warehouse.ddl.run(migration.sql)
    old, new = column_types(warehouse.ddl, EVENTS.text), column_types(warehouse.ddl, upcoming.text)
    days = on_shards(warehouse, lambda shard: shard.column(statement("queries/days_from", table=EVENTS), first=EARLIEST_DAY))
    if old != new or not any(days):  # on a cluster a run that died may have exchanged them on some nodes: there is nothing to lose
        if any(days):
            note_changed(warehouse, [], open_notes(warehouse), parts_noted(warehouse, EVENTS), kept_from(warehouse, settings))
            _fill(warehouse, settings, upcoming, tuple(name for name in new if name in old), days[0])
        _keep_retention(warehouse, inventory, upcoming)
        _drop_views(warehouse, inventory)
        forget_parts(warehouse, EVENTS)
        warehouse.confirm()
        warehouse.ddl.run(statement("maintenance/exchange", one=upcoming, other=EVENTS))
    note_table(warehouse, EVENTS)
    warehouse.ddl.run(statement("maintenance/drop_rollup_table", table=upcoming))


def _fill(warehouse: Warehouse, settings: Settings, upcoming: Name, columns: tuple[str, ...], days: list[date]) -> None:
    """Copy the current rows of every day, on a single engine."""
    spaces = id_spaces(settings)
    log.info("rewriting the events of %s", span(days))
    sql = statement("maintenance/rewrite_day", target=upcoming, columns=Names(columns))
    for day in days:
        warehouse.run(sql, day=day, sources=list(spaces), spaces=list(spaces.values()))
        before, after = (warehouse.value(statement("maintenance/rows_of_day", table=table), day=day) for table in (EVENTS, upcoming))
        if before != after:
            raise EngineError(f"rewriting events of {day}: {before} are there, and {after} were written; nothing was changed, try again")


def _keep_retention(warehouse: Warehouse, inventory: Inventory, upcoming: Name) -> None:
    """Set the TTL that `events` has: only now, as rows that are past it would vanish when they are written."""
    held, _ = retention_of(inventory.shards[EVENTS.text].definition) if EVENTS.text in inventory.shards else (0, True)
    if held:
        warehouse.ddl.run(statement("maintenance/set_ttl", table=upcoming, days=held + TTL_MARGIN))


def _drop_views(warehouse: Warehouse, inventory: Inventory) -> None:
    """Drop the views that feed rollups, whatever release made them."""
    for name, table in inventory.shards.items():
        rollup = inventory.shards.get(name.removesuffix("_view"))
        if table.engine == "MaterializedView" and rollup and rollup.engine.endswith("AggregatingMergeTree"):
            warehouse.ddl.run(statement("maintenance/drop_view", view=Name(name)))
