"""The lifecycle of a run: open the engine, update the database, settle what earlier runs left; then the verb does its work.

All of this happens once, from one inventory. A verb that writes takes a `Run`, so that it cannot start on a database that is not ready.
A run is for one verb: what it found at its start is not read again.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from ads_pipeline.errors import SettingsError
from ads_pipeline.pipeline.apart import apart_reasons
from ads_pipeline.pipeline.changes import Change, apply_plan, plan_changes
from ads_pipeline.pipeline.inventory import take_inventory
from ads_pipeline.pipeline.recovery import Settled, settle_what_is_left
from ads_pipeline.pipeline.retries import with_retries
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.warehouse import Warehouse


class Run:
    """A run that has begun on an open warehouse.

    Args:
        settings: the settings that the database was prepared with.
        found: the state of the database when the run began, or after it last recovered.
    """

    def __init__(self, warehouse: Warehouse, settings: Settings, found: Settled) -> None:
        self.warehouse, self.settings, self.found = warehouse, settings, found
        self.rollups = list(found.rollups)
        """The rollups that are kept; one that is set apart during the run is removed from this list."""

    def recover(self) -> None:
        """Settle what this run has left unfinished, before it tries again."""
        self.warehouse.quiesce()
        self.found = settle_what_is_left(self.warehouse, self.settings, take_inventory(self.warehouse))
        self.rollups[:] = self.found.rollups


@contextmanager
def open_run(settings: Settings, *, wait: float | None = None) -> Iterator[Run]:
    """Open the engine to write, and begin a run; see `begin_run`.

    Args:
        wait: seconds to wait at most for another writer; None waits for ever.
    """
    with open_warehouse(settings, write=True, wait=wait) as warehouse:
        yield begin_run(warehouse, settings)


@contextmanager
def open_to_read(settings: Settings, *, wait: float | None = None) -> Iterator[Warehouse]:
    """Open the engine to read. A server is read as it is; an embedded folder is prepared first, since no other process can."""
    with open_warehouse(settings, write=settings.is_embedded, wait=wait) as warehouse:
        if warehouse.writes:
            begin_run(warehouse, settings)
        yield warehouse


def begin_run(warehouse: Warehouse, settings: Settings) -> Run:
    """Apply the changes that are safe, and settle what a dead run left.

    Raises:
        SettingsError: a change waits for `ads init`.
    """
    return with_retries(partial(_begun, warehouse, settings), warehouse.quiesce)


def _begun(warehouse: Warehouse, settings: Settings) -> Run:
    inventory = take_inventory(warehouse)
    changes = plan_changes(warehouse, settings, inventory)
    if waiting := [change.text for change in changes if not change.safe]:
        raise SettingsError(f"settings or SQL have changed: {'; '.join(waiting)}. Apply it with `ads init`")
    if changes:
        apply_plan(warehouse, settings, inventory, changes, only_safe=True)
        inventory = take_inventory(warehouse)
    return Run(warehouse, settings, settle_what_is_left(warehouse, settings, inventory))


def apply_changes(warehouse: Warehouse, settings: Settings) -> list[Change]:
    """Update the database to settings and SQL files, unsafe changes too (`ads init`); run again: no change. Returns what was done.

    Raises:
        RefusedError: rollups are set apart or cannot be changed, or lookups cannot be used; everything else is done.
    """
    warehouse.quiesce()
    inventory = take_inventory(warehouse)
    done, refused = apply_plan(warehouse, settings, inventory, plan_changes(warehouse, settings, inventory), only_safe=False)
    settle_what_is_left(warehouse, settings, take_inventory(warehouse) if done else inventory)
    if reasons := refused | apart_reasons(warehouse, settings):
        raise RefusedError(reasons, done)
    return done


class RefusedError(SettingsError):
    """Rollups and lookups that cannot be updated to their files; `done` has the changes that were made."""

    def __init__(self, reasons: dict[str, str], done: Sequence[Change]) -> None:
        whole = ("rollup ", "lookup ")  # reasons that are sentences
        sentences = [
            reason if reason.startswith(whole) else f"rollup {name} is set apart: {reason}" for name, reason in sorted(reasons.items())
        ]
        super().__init__("; ".join(sentences))
        self.done = [change for change in done if change.name not in reasons]
