"""What the database lacks, as a plan: migrations, synced tables, retention, time zone, rollups.

The plan is a list of `Change` objects. `ads init --dry-run` prints it, and `execute` carries out these very objects, by their kind.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ads_pipeline.errors import SettingsError
from ads_pipeline.pipeline.alignment import bring_in_line
from ads_pipeline.pipeline.inventory import Inventory, take_inventory
from ads_pipeline.pipeline.retention import EVENTS, EVENTS_CURRENT, apply_retention, retention_of
from ads_pipeline.pipeline.standing import Standing, all_standings
from ads_pipeline.warehouse.migrations import Migration, apply_migration, create_ledger, pending_migrations
from ads_pipeline.warehouse.state import write_state
from ads_pipeline.warehouse.statements import Name, statement
from ads_pipeline.warehouse.warehouse import Warehouse

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that the database lacks.

    Args:
        kind: migration, sync, exposed, retention, timezone, or how a rollup stands (`new rollup`, `changed rollup`, …).
        text: what is done about it, for people.
        safe: whether it loses and recomputes nothing, so that a run applies it by itself; the others wait for `ads init`.
        subject: the migration, or the rollup as it stands.
    """

    kind: str
    name: str
    text: str
    safe: bool = True
    subject: Migration | Standing | None = field(default=None, compare=False, repr=False)


def plan_changes(warehouse: Warehouse, inventory: Inventory | None = None) -> list[Change]:
    """What `ads init` would do, in its order; empty when database, settings and files agree.

    Args:
        inventory: what the database holds; taken when it is not given.

    Raises:
        SettingsError: they disagree in a way that cannot be applied.
    """
    found = inventory or take_inventory(warehouse)
    changes = [*plan_structure(warehouse, found), *_unsynced(found), *_settings(warehouse, found)]
    return changes + [
        Change(f"{standing.kind} rollup", standing.name, standing.text, standing.is_safe, standing)
        for standing in all_standings(warehouse, found)
        if standing.text
    ]


def plan_structure(warehouse: Warehouse, inventory: Inventory) -> list[Change]:
    """The part of a plan that the rest of it builds on: migrations, and on a cluster what shows their tables."""
    found = pending_migrations(
        inventory.applied, lambda item: item.table in (inventory.whole if item.sql.is_everywhere else inventory.shards)
    )
    pending = [(f"{item.version:04}_{item.name}", item) for item in found]
    changes = [Change("migration", name, f"apply migration {name}", subject=item) for name, item in pending]
    missing = [table.text for table in (EVENTS, EVENTS_CURRENT) if pending or table.text not in inventory.whole]
    if warehouse.ddl is not warehouse:
        changes += [Change("exposed", name, f"show {name} of all shards as one table") for name in missing]
    return changes


def _unsynced(inventory: Inventory) -> list[Change]:
    names = sorted({name for tables in (inventory.shards, inventory.whole) for name, table in tables.items() if not table.synced})
    return [Change("sync", name, f"sync table {name} to disk from now on") for name in names]


def _settings(warehouse: Warehouse, inventory: Inventory) -> list[Change]:
    settings, facts = warehouse.settings, inventory.facts
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
    warehouse: Warehouse, inventory: Inventory, changes: Sequence[Change], *, only_safe: bool
) -> tuple[list[Change], dict[str, str]]:
    """Carry out a plan.

    Returns what was done, and the rollups whose change is refused, with the reason. What follows from migrations is planned anew once
    these are applied, since only then the engine can describe what a rollup's SELECT yields.
    """
    refused = dict[str, str]()
    if done := migrate(warehouse, inventory, changes):
        inventory = take_inventory(warehouse)
        planned = plan_changes(warehouse, inventory)
        for change in planned:
            if change.kind == "sync":  # of tables that are new
                execute(warehouse, inventory, change, only_safe=only_safe)
        changes = [change for change in planned if change.kind != "sync"]
    for change in changes:
        log.info("init: %s", change.text)
        try:
            execute(warehouse, inventory, change, only_safe=only_safe)
        except SettingsError as error:
            if not isinstance(change.subject, Standing):
                raise
            refused[change.name] = str(error)
    return [*done, *changes], refused


def migrate(warehouse: Warehouse, inventory: Inventory, changes: Sequence[Change]) -> list[Change]:
    """Carry out the changes of a plan that `plan_structure` has found. Returns these."""
    structure = [change for change in changes if change.kind in _STRUCTURE]
    if structure and "schema_migrations" not in inventory.whole:
        create_ledger(warehouse)
    for change in structure:
        log.info("init: %s", change.text)
        execute(warehouse, inventory, change, only_safe=True)
    if structure:
        warehouse.sync()
    return structure


def execute(warehouse: Warehouse, inventory: Inventory, change: Change, *, only_safe: bool) -> None:
    """Carry out one change.

    Args:
        inventory: what the database held when the change was planned.
        only_safe: whether a run does it by itself: then a rollup that cannot be changed is set apart.

    Raises:
        SettingsError: a rollup cannot be changed as its file asks for.
    """
    if isinstance(change.subject, Standing):
        bring_in_line(warehouse, change.subject, only_safe=only_safe)
    elif isinstance(change.subject, Migration):
        apply_migration(warehouse, change.subject)
    else:
        _EXECUTORS[change.kind](warehouse, inventory, change.name)


def _sync_table(warehouse: Warehouse, inventory: Inventory, name: str) -> None:
    for place, tables in {warehouse.ddl: inventory.shards, warehouse: inventory.whole}.items():
        if name in tables and not tables[name].synced:
            place.run(statement("maintenance/sync_table", table=Name(name)))


_STRUCTURE = ("migration", "exposed")

_EXECUTORS: dict[str, Callable[[Warehouse, Inventory, str], None]] = {
    "exposed": lambda warehouse, _, name: warehouse.topology.expose(Name(name)),
    "sync": _sync_table,
    "retention": lambda warehouse, inventory, _: apply_retention(warehouse, inventory.shards["events"].definition),
    "timezone": lambda warehouse, _, name: write_state(warehouse, timezone=name),
}
"""What carries out the changes that are neither of a migration nor of a rollup, by kind."""
