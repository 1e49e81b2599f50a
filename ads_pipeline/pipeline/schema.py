"""The database brought in line with settings and files: migrations, retention, rollups."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from ads_pipeline.errors import SettingsError
from ads_pipeline.pipeline.apart import apart_reasons
from ads_pipeline.pipeline.making import bring_in_line
from ads_pipeline.pipeline.recovery import recover
from ads_pipeline.pipeline.retention import EVENTS, EVENTS_CURRENT, advance_kept_from, apply_retention, table_retention
from ads_pipeline.pipeline.retries import with_retries
from ads_pipeline.pipeline.standing import Standing, all_standings
from ads_pipeline.pipeline.syncing import sync_tables, unsynced_tables
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.migrations import migrate, pending_migrations
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.state import read_state, write_state
from ads_pipeline.warehouse.warehouse import Warehouse

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that the database lacks.

    `safe` changes lose and recompute nothing, so that an ingest applies them by itself; the others
    wait for `ads init`. `kind` is migration, timezone, retention, or how a rollup stands (`new rollup`, `changed rollup`, …).
    """

    kind: str
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
    fresh = not warehouse.has_table("state")
    state = {} if fresh else read_state(warehouse)
    if state.get("timezone", settings.timezone) != settings.timezone:
        raise SettingsError(
            f"ADS_TIMEZONE is {settings.timezone}, but the days of this database are days of {state['timezone']}: "
            "set it back, or use a new ADS_DATABASE and load the drops there"
        )
    held, is_current = (0, True) if fresh or not warehouse.has_table("events") else table_retention(warehouse)
    if held != settings.retention_days or not is_current:
        longer = settings.retention_days == 0 or 0 < held <= settings.retention_days
        text = (
            f"keep raw rows {settings.retention_days or 'for ever'}{' days' if settings.retention_days else ''} (now {held or 'for ever'})"
        )
        changes.append(Change("retention", str(settings.retention_days), text, longer or "timezone" not in state))
    if "timezone" not in state:  # last, so that a run which dies before the retention is applied leaves it safe
        changes.append(Change("timezone", settings.timezone, f"count days in {settings.timezone}", True))
    standings = all_standings(warehouse, state)
    return changes + [
        Change(f"{standing.kind} rollup", standing.name, standing.text, standing.is_safe)
        for standing in standings
        if standing.kind not in ("kept", "unknown")
    ]


def apply_changes(warehouse: Warehouse, *, only_safe: bool = False) -> list[Change]:
    """Bring the database in line (`ads init`); running it again changes nothing. Returns what was done.

    Args:
        only_safe: as before a run: nothing is done if a change waits for `ads init`, and rollups that have to be set apart stop nobody.

    Raises:
        SettingsError: a change waits for `ads init`.
        RefusedError: rollups had to be set apart, or cannot be changed; everything else is done.
    """
    changes = plan_changes(warehouse)
    if waiting := [change for change in changes if only_safe and not change.safe]:
        raise SettingsError(f"settings or SQL have changed: {'; '.join(change.text for change in waiting)}. Apply it with `ads init`")
    migrated = migrate(warehouse)
    if migrated:
        warehouse.sync()
    for table in (EVENTS, EVENTS_CURRENT):
        if migrated or not warehouse.has_table(table.text):
            warehouse.topology.expose(table)
    sync_tables(warehouse)
    for change in changes:
        log.info("init: %s", change.text)
        if change.kind == "timezone":
            write_state(warehouse, timezone=change.name)
        elif change.kind == "retention":
            apply_retention(warehouse)
    refused = _bring_rollups_in_line(warehouse, all_standings(warehouse, read_state(warehouse)), only_safe=only_safe)
    recover(warehouse)
    advance_kept_from(warehouse)
    if not only_safe and refused | apart_reasons(warehouse):
        raise RefusedError(refused | apart_reasons(warehouse), changes)
    return changes


def _bring_rollups_in_line(warehouse: Warehouse, standings: Sequence[Standing], *, only_safe: bool) -> dict[str, str]:
    """What each rollup needs; returns those whose change is refused, with the reason."""
    refused = {}
    for standing in standings:
        try:
            bring_in_line(warehouse, standing, only_safe=only_safe)
        except SettingsError as error:
            refused[standing.name] = str(error)
    return refused


class RefusedError(SettingsError):
    """Rollups that cannot be as their files ask for; `done` is what was done besides."""

    def __init__(self, reasons: dict[str, str], done: Sequence[Change]) -> None:
        told = [
            reason if reason.startswith("rollup ") else f"rollup {name} is set apart: {reason}" for name, reason in sorted(reasons.items())
        ]
        super().__init__("; ".join(told))
        self.done = [change for change in done if change.name not in reasons]


def orphans(warehouse: Warehouse) -> dict[str, Standing]:
    """Rollups that have no SQL file in this process, with what that means for each in `reason`."""
    return {found.name: found for found in look_at_rollups(warehouse) if not found.has_file and found.kind != "left"}


def look_at_rollups(warehouse: Warehouse) -> list[Standing]:
    """How every rollup stands, in a database that may not be there yet."""
    return all_standings(warehouse, read_state(warehouse) if warehouse.has_table("state") else {})


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
    with_retries(partial(apply_changes, warehouse, only_safe=True), warehouse.quiesce)
