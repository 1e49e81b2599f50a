"""The database brought in line with settings and files: migrations, retention, rollups."""

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Literal

from ads_pipeline.errors import SettingsError
from ads_pipeline.pipeline.rebuild import note_days, rebuild_days, settle_days
from ads_pipeline.pipeline.recovery import recover
from ads_pipeline.pipeline.retention import EVENTS, EVENTS_CURRENT, advance_kept_from, apply_retention, kept_from, table_retention
from ads_pipeline.pipeline.retries import with_retries
from ads_pipeline.pipeline.rollups import Rollup, create_report, describe_rollup, made_rollup, rollup_files
from ads_pipeline.pipeline.syncing import sync_tables, unsynced_tables
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.client import Warehouse, on_shards
from ads_pipeline.warehouse.migrations import migrate, pending_migrations, table_exists
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.state import read_state, write_state
from ads_pipeline.warehouse.statements import Name, Names, statement

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that the database lacks.

    `safe` changes lose and recompute nothing, so that an ingest applies them by itself; the others
    wait for `ads init`.
    """

    kind: Literal["migration", "sync", "timezone", "retention", "new rollup", "changed rollup"]
    name: str
    text: str
    safe: bool


def plan_changes(warehouse: Warehouse) -> list[Change]:
    """What `ads init` would do, in its order; empty when database, settings and files agree.

    Raises:
        SettingsError: they disagree in a way that cannot be applied.
    """
    settings = warehouse.settings
    changes = [
        Change("migration", f"{item.version:04}_{item.name}", f"apply migration {item.version:04}_{item.name}", True)
        for item in pending_migrations(warehouse)
    ]
    changes += [Change("sync", name, f"sync table {name} to disk from now on", True) for name in unsynced_tables(warehouse)]
    fresh = not table_exists(warehouse, "state")
    state = {} if fresh else read_state(warehouse)
    if state.get("timezone", settings.timezone) != settings.timezone:
        raise SettingsError(
            f"ADS_TIMEZONE is {settings.timezone}, but the days of this database are days of {state['timezone']}: "
            "set it back, or use a new ADS_DATABASE and load the drops there"
        )
    held, is_current = (0, True) if fresh or not table_exists(warehouse, "events") else table_retention(warehouse)
    if held != settings.retention_days or not is_current:
        longer = settings.retention_days == 0 or 0 < held <= settings.retention_days
        text = (
            f"keep raw rows {settings.retention_days or 'for ever'}{' days' if settings.retention_days else ''} (now {held or 'for ever'})"
        )
        changes.append(Change("retention", str(settings.retention_days), text, longer or "timezone" not in state))
    if "timezone" not in state:  # last, so that a run which dies before the retention is applied leaves it safe
        changes.append(Change("timezone", settings.timezone, f"count days in {settings.timezone}", True))
    for name, select in rollup_files(settings).items():
        known = state.get(f"rollup:{name}")
        if known is None:
            changes.append(Change("new rollup", name, f"create rollup {name}, filled from the raw rows kept", True))
        elif known != select.checksum:
            changes.append(Change("changed rollup", name, f"rebuild rollup {name}: its SELECT has changed", False))
    return changes


def apply_changes(warehouse: Warehouse) -> list[Change]:
    """Bring the database in line (`ads init`); running it again changes nothing. Returns what was done."""
    changes = plan_changes(warehouse)
    migrated = migrate(warehouse)
    for table in (EVENTS, EVENTS_CURRENT):
        if migrated or not table_exists(warehouse, table.text):
            warehouse.expose(table)
    sync_tables(warehouse)
    for change in changes:
        log.info("init: %s", change.text)
        if change.kind == "timezone":
            write_state(warehouse, timezone=change.name)
        elif change.kind == "retention":
            apply_retention(warehouse)
        elif change.kind == "new rollup":
            create_rollup(warehouse, change.name)
        elif change.kind == "changed rollup":
            change_rollup(warehouse, change.name)
    recover(warehouse)
    advance_kept_from(warehouse)
    return changes


@contextmanager
def opened(settings: Settings, *, write: bool = False, wait: float | None = None) -> Iterator[Warehouse]:
    """An open warehouse, fit for use.

    Whoever opens it to write brings it in line with settings and files first, and so does whoever opens an embedded
    folder, since nobody else can. A server is read as it is.
    """
    with open_warehouse(settings, write=write or settings.is_embedded, wait=wait) as warehouse:
        if warehouse.writes:
            prepare(warehouse)
        yield warehouse


def prepare(warehouse: Warehouse) -> None:
    """Before a run: apply what is safe, settle what a dead run left.

    Raises:
        SettingsError: a change waits for `ads init`.
    """
    with_retries(partial(_prepare, warehouse), warehouse.quiesce)


def _prepare(warehouse: Warehouse) -> None:
    waiting = [change for change in plan_changes(warehouse) if not change.safe]
    if waiting:
        raise SettingsError(f"settings or SQL have changed: {'; '.join(change.text for change in waiting)}. Apply it with `ads init`")
    apply_changes(warehouse)


def create_rollup(warehouse: Warehouse, name: str) -> None:
    """Make a rollup's table, view and report, and fill it from the raw rows kept."""
    rollup = describe_rollup(warehouse, name, rollup_files(warehouse.settings)[name])
    _make(warehouse, rollup, rollup.table)
    warehouse.expose(rollup.table)
    _fill(warehouse, rollup, rollup.table)
    _feed(warehouse, rollup)


def change_rollup(warehouse: Warehouse, name: str) -> None:
    """Apply a changed SELECT: a new table beside the old, filled from raw, then the two trade names.

    Days whose raw rows are gone are carried over from the old table, which needs the same dimensions;
    a metric that the old table lacks stays empty there.

    Raises:
        SettingsError: such days exist and the dimensions differ.
    """
    rollup = describe_rollup(warehouse, name, rollup_files(warehouse.settings)[name])
    old = made_rollup(warehouse, name, rollup.select)
    upcoming = Name(f"scratch_{uuid.uuid4().hex[:12]}_{name}")
    bound = kept_from(warehouse)
    gone = warehouse.value(statement("queries/days_before", table=rollup.table), before=bound)
    if gone and set(old.dimensions) != set(rollup.dimensions):
        raise SettingsError(
            f"rollup {name} changes its dimensions, and {gone} of its days (before {bound}) can no longer be recomputed: "
            f"put the new SELECT in a file of another name, sql/rollups/{name}_2.sql for example, and keep this one"
        )
    _make(warehouse, rollup, upcoming)
    shared = Names(tuple(column for column, kind in rollup.types.items() if old.types.get(column) == kind))
    if gone:
        copied = statement("maintenance/copy_days", target=upcoming, source=rollup.table, columns=shared)
        on_shards(warehouse, lambda shard: shard.run(copied, before=bound))
    warehouse.confirm()
    warehouse.schema.run(statement("maintenance/drop_view", view=rollup.view))
    warehouse.schema.run(statement("maintenance/exchange", one=upcoming, other=rollup.table))
    warehouse.expose(rollup.table)
    _fill(warehouse, rollup, upcoming)
    _feed(warehouse, rollup)
    warehouse.schema.run(statement("maintenance/drop_rollup_table", table=upcoming))


def _make(warehouse: Warehouse, rollup: Rollup, table: Name) -> None:
    dimensions = Names(rollup.dimensions)
    warehouse.schema.run(statement("maintenance/rollup_table", table=table, dimensions=dimensions, select=rollup.select))


def _fill(warehouse: Warehouse, rollup: Rollup, days_from: Name) -> None:
    """Rebuild every kept day that raw or `days_from` holds; a crash leaves them noted as unsettled."""
    bound = kept_from(warehouse)
    looks = [statement("queries/days_from", table=table) for table in dict.fromkeys((EVENTS, days_from))]
    found = on_shards(warehouse, lambda shard: {day for look in looks for day in shard.column(look, first=bound)})
    days = sorted(set[date]().union(*found))
    batch = f"rollup-{rollup.name}-{uuid.uuid4().hex[:12]}"
    note_days(warehouse, batch, days, settled=False)
    on_shards(warehouse, lambda shard: rebuild_days(shard, [rollup], days))
    settle_days(warehouse, batch, days, [rollup])


def _feed(warehouse: Warehouse, rollup: Rollup) -> None:
    warehouse.schema.run(statement("maintenance/rollup_view", view=rollup.view, table=rollup.table, select=rollup.select))
    create_report(warehouse, rollup)
    write_state(warehouse, **{f"rollup:{rollup.name}": rollup.select.checksum})
