"""Settle the days that earlier runs left unsettled, and detect rows that were lost since."""

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ads_pipeline.pipeline.apart import apart_reasons, sparing
from ads_pipeline.pipeline.completeness import Parts, Place, lacking_days, noted_parts
from ads_pipeline.pipeline.erasing.raw import finish_erasing
from ads_pipeline.pipeline.inventory import Inventory, kept_rollups
from ads_pipeline.pipeline.losses import note_changed
from ads_pipeline.pipeline.rebuild import Notes, note_days, open_notes, rebuild_days, settle_everywhere, span, unfit_days
from ads_pipeline.pipeline.recount import count_published, finish_forgetting
from ads_pipeline.pipeline.retention import EVENTS, kept_from_at, reached_bound, write_bound
from ads_pipeline.pipeline.rollups import Rollup
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.statements import Names, statement
from ads_pipeline.warehouse.warehouse import Warehouse

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Bookkeeping:
    """What earlier runs recorded.

    Args:
        notes: unsettled days, by the batch that noted them.
        parts: the parts of tables when their days were settled.
        newest: the newest event day that ever had an event, between the bound of retention recorded and the one that holds now.
    """

    notes: Notes
    parts: Mapping[Place, Parts]
    newest: date


def read_bookkeeping(warehouse: Warehouse, rollups: Sequence[Rollup], reached: date, bound: date) -> Bookkeeping:
    """Read the bookkeeping in one statement.

    Args:
        reached: the bound of retention that was recorded; days before it are not looked at again.
        bound: the bound that holds now.
    """
    tables = [EVENTS.text, *(rollup.name for rollup in rollups)]
    row = warehouse.rows(statement("queries/bookkeeping"), tables=tables, before=bound, reached=reached)[0]
    notes: Notes = {}
    for batch, day in row["unsettled"]:
        notes.setdefault(batch, set()).add(day)
    return Bookkeeping(notes, noted_parts(row["noted"]), row["newest"])


@dataclass(frozen=True, slots=True)
class Settled:
    """A database whose days are settled.

    Args:
        rollups: those that are kept.
        notes: days that stay unsettled, by the batch that noted them.
        apart: why rollups are set apart, by name.
    """

    rollups: list[Rollup]
    notes: Notes
    apart: dict[str, str]


def settle_what_is_left(warehouse: Warehouse, settings: Settings, inventory: Inventory) -> Settled:
    """Rebuild and settle the days that a dead run left unsettled, and those that have lost rows since.

    Raw is idempotent by key, so `events FINAL` is right, whichever part of a batch was published. A day that lacks raw rows
    stays unsettled until they are loaded again, and one that has begun to expire until it is accepted: the check `settled` shows both.
    """
    for connection, names in inventory.leftovers.items():
        connection.run(statement("maintenance/drop_tables", tables=Names(names)))
    rollups, now = kept_rollups(warehouse, settings, inventory), warehouse.now()
    reached, kept = reached_bound(inventory.facts), kept_from_at(settings, now, inventory.facts)
    found = read_bookkeeping(warehouse, rollups, reached, kept)
    erasing = finish_erasing(warehouse, settings, inventory.facts, found.notes, kept)
    if finish_forgetting(warehouse, found.notes, kept) or erasing:
        found = read_bookkeeping(warehouse, rollups, reached, kept)
    notes = open_notes(warehouse) if note_changed(warehouse, rollups, found.notes, found.parts, kept) else found.notes
    apart = apart_reasons(warehouse, settings, inventory.facts)
    if notes:
        # a day that has only just expired still has its rows: the retention job records its bound before it drops any, and the TTL is later
        _settle_days(warehouse, settings, rollups, notes, fit=max(reached, kept - timedelta(days=1)))
        notes, apart = open_notes(warehouse), apart_reasons(warehouse, settings)
    write_bound(warehouse, found.newest, inventory.facts)
    return Settled(rollups, notes, apart)


def _settle_days(warehouse: Warehouse, settings: Settings, rollups: list[Rollup], notes: Notes, fit: date) -> None:
    """Rebuild and settle the days noted that can be: from the day `fit` on, raw rows have not begun to expire."""
    days = set[date]().union(*notes.values())
    if lost := {day for day in days if day < fit}:
        log.error(
            "%s stays unsettled: a run died or rows were lost there, and raw has expired since; its rollups may be off. "
            "Look at it, then accept it with `ads backfill --as-is`",
            span(lost),
        )
    fresh = days - lost
    if fresh:
        count_published(warehouse, notes, fresh)
    settled = fresh - _rebuild_noted(warehouse, settings, rollups, fresh)
    if settled:
        log.warning("recovered %s, which a run that died or a loss had left unsettled: rebuilt from raw", span(settled))
    settle_everywhere(warehouse, settled, rollups)


def _rebuild_noted(warehouse: Warehouse, settings: Settings, rollups: list[Rollup], days: set[date]) -> set[date]:
    """Note and rebuild the days that are complete; returns the others.

    They are noted as unsettled once more because a swap makes them doubtful for readers, which a loss of rows (`note_changed`) does not.
    """
    left = unfit_days(warehouse, days, lacking_days(warehouse, days))
    sound = days - left
    note_days(warehouse, f"recovery-{uuid.uuid4().hex[:12]}", sound, settled=False)
    return left | (sparing(warehouse, settings, rollups, lambda: rebuild_days(warehouse, rollups, sound)) if sound else set())
