"""What has to change for the database to match settings and SQL files: migrations, synced tables, retention, time zone, rollups,
lookups.

The plan is a list of `Change` objects. `ads init --dry-run` prints it, and `execute` carries out these very objects, by their kind.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ads_pipeline.errors import SettingsError
from ads_pipeline.pipeline.alignment import align_rollup
from ads_pipeline.pipeline.inventory import Inventory, take_inventory
from ads_pipeline.pipeline.lookups import Lookup, changed_lookups, load_lookup
from ads_pipeline.pipeline.retention import EVENTS, EVENTS_CURRENT, apply_retention, retention_of
from ads_pipeline.pipeline.rewriting import check_rewriting, rewrite_events
from ads_pipeline.pipeline.standing import Standing, all_standings
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.migrations import Migration, apply_migration, create_ledger, note_applied, pending_migrations
from ads_pipeline.warehouse.state import write_state
from ads_pipeline.warehouse.statements import Name, statement
from ads_pipeline.warehouse.warehouse import Warehouse

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """One change to the database.

    Args:
        kind: migration, sync, exposed, retention, timezone, lookup, or the state of a rollup (`new rollup`, `changed rollup`, …).
        text: what is done, in words.
        safe: whether nothing is lost or recomputed, so that every run applies it; other changes wait for `ads init`.
        subject: the migration, the state of the rollup, or the lookup.
    """

    kind: str
    name: str
    text: str
    safe: bool = True
    subject: Migration | Standing | Lookup | None = field(default=None, compare=False, repr=False)


def plan_changes(warehouse: Warehouse, settings: Settings, inventory: Inventory | None = None) -> list[Change]:
    """What `ads init` would do, in its order; empty when database, settings and files agree.

    Args:
        inventory: what the database holds; taken when it is not given.

    Raises:
        SettingsError: they disagree in a way that cannot be applied.
    """
    found = inventory or take_inventory(warehouse)
    changes = [*plan_structure(warehouse, found), *_unsynced(found), *_settings(settings, found)]
    changes += [
        Change(f"{standing.kind} rollup", standing.name, standing.text, standing.is_safe, standing)
        for standing in all_standings(warehouse, settings, found)
        if standing.text
    ]
    lookups = changed_lookups(warehouse, settings, exists="lookups" in found.whole)
    return changes + [Change("lookup", lookup.dimension, _of_lookup(lookup), subject=lookup) for lookup in lookups]


def _of_lookup(lookup: Lookup) -> str:
    if lookup.reason:
        return f"refuse {lookup.reason}"
    return f"read {len(lookup.names):,} names of {lookup.dimension} from {lookup.path}"


def plan_structure(warehouse: Warehouse, inventory: Inventory) -> list[Change]:
    """The changes that the others build on: migrations, and on a cluster the tables over all shards."""
    found = pending_migrations(
        inventory.applied, lambda item: item.table in (inventory.whole if item.sql.is_everywhere else inventory.shards)
    )
    pending = [(f"{item.version:04}_{item.name}", item) for item in found]
    if any(item.rewrites for item in found):
        check_rewriting(warehouse)
    changes = [Change("migration", name, _of_migration(name, item, inventory), subject=item) for name, item in pending]
    missing = [table.text for table in (EVENTS, EVENTS_CURRENT) if pending or table.text not in inventory.whole]
    if warehouse.ddl is not warehouse:
        changes += [Change("exposed", name, f"show {name} of all shards as one table") for name in missing]
    return changes


def _of_migration(name: str, migration: Migration, inventory: Inventory) -> str:
    rows = f", which writes every row of {migration.table} anew" if migration.rewrites and migration.table in inventory.shards else ""
    return f"apply migration {name}{rows}"


def _unsynced(inventory: Inventory) -> list[Change]:
    names = sorted({name for tables in (inventory.shards, inventory.whole) for name, table in tables.items() if not table.synced})
    return [Change("sync", name, f"sync table {name} to disk from now on") for name in names]


def _settings(settings: Settings, inventory: Inventory) -> list[Change]:
    facts = inventory.facts
    if facts.get("timezone", settings.timezone) != settings.timezone:
        raise SettingsError(
            f"ADS_TIMEZONE is {settings.timezone}, but the days of this database are days of {facts['timezone']}: "
            "set it back, or use a new ADS_DATABASE and load the drops there"
        )
    changes, days = [], settings.retention_days
    has_events = "events" in inventory.shards
    held, is_current = retention_of(inventory.shards["events"].definition) if has_events else (0, True)
    if held != days or not is_current:
        longer = days == 0 or 0 < held <= days
        text = f"keep raw rows {f'{days} days' if days else 'for ever'} (now {held or 'for ever'})"
        changes.append(Change("retention", str(days), text, longer or not has_events or "timezone" not in facts))
    if "timezone" not in facts:  # last, so that a run which dies before the retention is applied leaves it safe
        changes.append(Change("timezone", settings.timezone, f"count days in {settings.timezone}"))
    return changes


def apply_plan(
    warehouse: Warehouse, settings: Settings, inventory: Inventory, changes: Sequence[Change], *, only_safe: bool
) -> tuple[list[Change], dict[str, str]]:
    """Carry out a plan.

    Returns what was done, and the rollups and lookups that are refused, with the reason. After migrations the rest is planned again, since
    only then can the engine describe what a rollup's SELECT yields.
    """
    refused = dict[str, str]()
    if done := migrate(warehouse, settings, inventory, changes):
        inventory = take_inventory(warehouse)
        planned = plan_changes(warehouse, settings, inventory)
        for change in planned:
            if change.kind == "sync":  # of tables that are new
                execute(warehouse, settings, inventory, change, only_safe=only_safe)
        changes = [change for change in planned if change.kind != "sync"]
    for change in changes:
        log.info("init: %s", change.text)
        try:
            execute(warehouse, settings, inventory, change, only_safe=only_safe)
        except SettingsError as error:
            if not isinstance(change.subject, Standing | Lookup):
                raise
            refused[change.name] = str(error)
            if isinstance(change.subject, Lookup) and only_safe:
                log.error("%s", error)
    return [*done, *changes], refused


def migrate(warehouse: Warehouse, settings: Settings, inventory: Inventory, changes: Sequence[Change]) -> list[Change]:
    """Carry out the changes that `plan_structure` has found, and return them."""
    structure = [change for change in changes if change.kind in _STRUCTURE]
    if structure and "schema_migrations" not in inventory.whole:
        create_ledger(warehouse)
    for change in structure:
        log.info("init: %s", change.text)
        execute(warehouse, settings, inventory, change, only_safe=True)
    if structure:
        warehouse.sync()
    return structure


def execute(warehouse: Warehouse, settings: Settings, inventory: Inventory, change: Change, *, only_safe: bool) -> None:
    """Carry out one change.

    Args:
        inventory: what the database held when the change was planned.
        only_safe: as for `align_rollup`.

    Raises:
        SettingsError: a rollup cannot be changed to its new SELECT; a lookup cannot be used.
    """
    if isinstance(change.subject, Standing):
        align_rollup(warehouse, settings, change.subject, only_safe=only_safe)
    elif isinstance(change.subject, Lookup):
        load_lookup(warehouse, change.subject)
    elif isinstance(change.subject, Migration) and change.subject.rewrites:
        rewrite_events(warehouse, settings, inventory, change.subject)
        note_applied(warehouse, change.subject)
    elif isinstance(change.subject, Migration):
        apply_migration(warehouse, change.subject)
    else:
        _EXECUTORS[change.kind](warehouse, settings, inventory, change.name)


def _sync_table(warehouse: Warehouse, _: Settings, inventory: Inventory, name: str) -> None:
    for place, tables in {warehouse.ddl: inventory.shards, warehouse: inventory.whole}.items():
        if name in tables and not tables[name].synced:
            place.run(statement("maintenance/sync_table", table=Name(name)))


_STRUCTURE = ("migration", "exposed")

_EXECUTORS: dict[str, Callable[[Warehouse, Settings, Inventory, str], None]] = {
    "exposed": lambda warehouse, settings, inventory, name: warehouse.topology.expose(Name(name)),
    "sync": _sync_table,
    "retention": lambda warehouse, settings, inventory, name: apply_retention(warehouse, settings, inventory.shards["events"].definition),
    "timezone": lambda warehouse, settings, inventory, name: write_state(warehouse, timezone=name),
}
"""Functions for the kinds of changes that concern neither a migration nor a rollup."""
