"""Create, complete, change, adopt and drop rollups; `alignment` decides which of these a rollup needs.

What is computed from raw goes into a scratch table first, which gets the rollup's name when it is filled. The statements are
ordered so that a run killed at any of them leaves a state that `standing` recognises: the old rollup, or one to complete.
"""

import logging
import uuid
from dataclasses import replace
from datetime import date

from ads_pipeline.errors import EngineError, MemoryLimitError, RollupError, SettingsError, UsageError
from ads_pipeline.pipeline.apart import blamed, take_out
from ads_pipeline.pipeline.carrying import carried_columns
from ads_pipeline.pipeline.completeness import held_days, lacking_days, note_table
from ads_pipeline.pipeline.inventory import take_inventory
from ads_pipeline.pipeline.rebuild import note_days, rebuild_days, settle_days, span
from ads_pipeline.pipeline.retention import EVENTS, kept_from
from ads_pipeline.pipeline.rollup_facts import MADE, forget, note_made, note_select
from ads_pipeline.pipeline.rollups import Rollup, column_types, describe_rollup, made_rollup, refused_files, report_select, rollup_files
from ads_pipeline.pipeline.standing import look_at_rollups
from ads_pipeline.pipeline.stated import stated_select
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.state import read_state
from ads_pipeline.warehouse.statements import Name, Names, Part, Sql, statement
from ads_pipeline.warehouse.warehouse import Warehouse, on_shards

log = logging.getLogger(__name__)


def create_rollup(warehouse: Warehouse, settings: Settings, name: str, select: Sql) -> None:
    """Create a rollup: a table filled from the raw rows kept, then its view and its report."""
    rollup = describe_rollup(warehouse, name, select)
    note_select(warehouse, select)
    _note_lost(warehouse, settings, rollup)
    warehouse.ddl.run(statement("maintenance/drop_view", view=rollup.view))
    upcoming = _upcoming(warehouse, rollup)
    batch, days = _fill(warehouse, settings, rollup, upcoming)
    warehouse.ddl.run(statement("maintenance/rename", source=upcoming, target=rollup.table))
    _feed(warehouse, rollup)
    _settle(warehouse, rollup, batch, days)


def _note_lost(warehouse: Warehouse, settings: Settings, rollup: Rollup) -> None:
    """If the rollup's table was lost, note the days that cannot be recomputed as unsettled, until they are accepted."""
    if MADE + rollup.name not in read_state(warehouse):
        return
    bound = kept_from(warehouse, settings)
    if lost := {day for day in held_days(warehouse, rollup.table) if day < bound}:
        text = "the table of rollup %s is gone, and with it %s, which can no longer be recomputed: restore it if you can"
        log.error(text, rollup.name, span(lost))
        note_days(warehouse, f"lost-rollup-{uuid.uuid4().hex[:12]}", lost, settled=False)


def complete_rollup(warehouse: Warehouse, settings: Settings, name: str, select: Sql) -> None:
    """Fill the kept days of a rollup that may lack rows, and create its view again."""
    rollup = describe_rollup(warehouse, name, select)
    note_select(warehouse, select)
    warehouse.ddl.run(statement("maintenance/drop_view", view=rollup.view))
    _make(warehouse, rollup, rollup.table)
    if column_types(warehouse.ddl, name) != rollup.types:  # the columns of `events` have changed
        change_rollup(warehouse, settings, name, select)
        return
    if not take_inventory(warehouse).shards[name].checksum:
        _mark(warehouse, name, select)
    batch, days = _fill(warehouse, settings, rollup, rollup.table)
    _feed(warehouse, rollup)
    _settle(warehouse, rollup, batch, days)


def change_rollup(warehouse: Warehouse, settings: Settings, name: str, select: Sql) -> None:
    """Apply a changed SELECT, or changed types: a new table is filled from raw, then exchanged with the old one.

    Days that cannot be recomputed are copied from the old table, which needs the same dimensions and metrics that can be converted;
    a metric that the old table lacks stays empty there.

    Raises:
        SettingsError: such days exist, and would lose a dimension or a metric.
    """
    rollup = describe_rollup(warehouse, name, select)
    old = made_rollup(warehouse.ddl, name, select)
    is_alike = set(old.dimensions) == set(rollup.dimensions)
    carried, lost = carried_columns(old, rollup)
    if not is_alike or lost:
        _check_recomputable(warehouse, rollup, kept_from(warehouse, settings), _of_change(old, is_alike=is_alike, lost=lost))
    note_select(warehouse, select)
    upcoming = _upcoming(warehouse, rollup)
    if is_alike:
        names, values = Names(tuple(carried)), tuple(carried.values())
        copied = statement("maintenance/copy_days", target=upcoming, source=rollup.table, columns=names, values=values)
        on_shards(warehouse, lambda shard: shard.run(copied))
    batch, days = _fill(warehouse, settings, rollup, upcoming)
    warehouse.confirm()
    warehouse.ddl.run(statement("maintenance/drop_view", view=rollup.view))
    warehouse.ddl.run(statement("maintenance/exchange", one=upcoming, other=rollup.table))
    _feed(warehouse, rollup)
    _settle(warehouse, rollup, batch, days)
    warehouse.ddl.run(statement("maintenance/drop_rollup_table", table=upcoming))


def _of_change(old: Rollup, *, is_alike: bool, lost: list[str]) -> tuple[str, str]:
    """What the days of a rollup would lose by its change, and what to do instead."""
    if is_alike:
        return f"{lost[0]}, which was {old.types[lost[0]]}", "keep its type, for example by toDecimal64(cost, 6) in place of cost"
    other = f"sql/rollups/{old.name}_2.sql for example"
    return "its dimensions", f"put the new SELECT in a file of another name, {other}, and keep this one"


def _check_recomputable(warehouse: Warehouse, rollup: Rollup, bound: date, change: tuple[str, str]) -> None:
    """Refuse a change that days would lose something by which can no longer be recomputed from raw."""
    expired = warehouse.value(statement("queries/days_before", table=rollup.table), before=bound)
    kept = warehouse.column(statement("queries/days_from", table=rollup.table), first=bound)
    if gone := int(expired) + len(lacking_days(warehouse, kept)):
        days = f"{gone} of its days (before {bound}, or lacking rows)"
        raise SettingsError(f"rollup {rollup.name} changes {change[0]}, and {days} can no longer be recomputed: {change[1]}")


def take_over(warehouse: Warehouse, name: str, select: Sql) -> None:
    """Mark table and view of a rollup that an earlier release made with the checksum of its SELECT, and note its parts."""
    note_table(warehouse, Name(name))
    _mark(warehouse, f"{name}_view", select)
    _mark(warehouse, name, select)
    _show(warehouse, made_rollup(warehouse.ddl, name, select))


def _mark(warehouse: Warehouse, table: str, select: Sql) -> None:
    warehouse.ddl.run(statement("maintenance/rollup_mark", table=Name(table), checksum=Sql(select.checksum)))


def renew_report(warehouse: Warehouse, name: str, select: Sql) -> None:
    """Create the report and its form as stated again, and on a cluster the table of all shards."""
    _show(warehouse, made_rollup(warehouse.ddl, name, select))


def drop_rollup(warehouse: Warehouse, settings: Settings, name: str) -> None:
    """Drop a rollup: view, report, table, and what is noted about it.

    Raises:
        UsageError: the name is unknown, or its SQL file still exists.
    """
    files = {*rollup_files(settings), *refused_files(settings)}
    standings = {standing.name: standing for standing in look_at_rollups(warehouse, settings)}
    if name in files:
        raise UsageError(f"rollup {name} still has its SQL file, and the next run would create it again: remove rollups/{name}.sql first")
    if name not in standings:
        raise UsageError(f"unknown rollup {name!r}; there are: {', '.join(sorted({*standings, *files}))}")
    remove_rollup(warehouse, name)


def remove_rollup(warehouse: Warehouse, name: str) -> None:
    """Drop what exists of a rollup, and delete the notes about it."""
    take_out(warehouse, name)
    for place in dict.fromkeys((warehouse, warehouse.ddl)):
        place.run(statement("maintenance/drop_rollup_table", table=Name(name)))
    forget(warehouse, read_state(warehouse), name)


def _upcoming(warehouse: Warehouse, rollup: Rollup) -> Name:
    """An empty table that will become the rollup's; if the run dies, the next one drops it with the scratch tables."""
    upcoming = Name(f"scratch_{uuid.uuid4().hex[:12]}_{rollup.name}")
    _make(warehouse, rollup, upcoming)
    return upcoming


def _make(warehouse: Warehouse, rollup: Rollup, table: Name) -> None:
    parts: dict[str, Part] = {"dimensions": Names(rollup.dimensions), "select": rollup.select, "checksum": Sql(rollup.select.checksum)}
    with blamed(rollup):
        warehouse.ddl.run(statement("maintenance/rollup_table", table=table, **parts))


def _fill(warehouse: Warehouse, settings: Settings, rollup: Rollup, table: Name) -> tuple[str, set[date]]:
    """Rebuild every kept day that raw or the rollup holds, in `table`; a crash leaves them noted as unsettled.

    Returns the batch that noted them, and the days that can be settled: a day that lacks raw rows stays as it is, unsettled.
    """
    bound = kept_from(warehouse, settings)
    looks = [statement("queries/days_from", table=place) for place in dict.fromkeys((EVENTS, table))]
    found = on_shards(warehouse, lambda shard: {day for look in looks for day in shard.column(look, first=bound)})
    days = sorted(set[date]().union(*found))
    batch = f"rollup-{rollup.name}-{uuid.uuid4().hex[:12]}"
    note_days(warehouse, batch, days, settled=False)
    try:
        left = rebuild_days(warehouse, [replace(rollup, name=table.text)], days)
    except (RollupError, MemoryLimitError) as error:
        # only a table that nobody reads was changed, so no other rollup needs a rebuild
        note_days(warehouse, batch, days, settled=True)
        if not isinstance(error, RollupError):
            raise
        raise RollupError(rollup.name, EngineError(error.reason, error.code), error.day) from error
    return batch, set(days) - left


def _settle(warehouse: Warehouse, rollup: Rollup, batch: str, days: set[date]) -> None:
    """Settle its days, which are exact now."""
    settle_days(warehouse, batch, days, [rollup])


def _feed(warehouse: Warehouse, rollup: Rollup) -> None:
    """Note the parts of a rollup's table, then create the view that feeds it and its report."""
    note_table(warehouse, rollup.table)  # before the view: if the run dies here, the missing view makes the next run complete the rollup
    parts: dict[str, Part] = {"table": rollup.table, "select": rollup.select, "checksum": Sql(rollup.select.checksum)}
    with blamed(rollup):
        warehouse.ddl.run(statement("maintenance/rollup_view", view=rollup.view, **parts))
    _show(warehouse, rollup)


def _show(warehouse: Warehouse, rollup: Rollup) -> None:
    warehouse.topology.expose(rollup.table)
    for view, select in ((rollup.report, report_select(rollup)), (rollup.stated, stated_select(rollup))):
        warehouse.run(statement("maintenance/rollup_report", view=view, select=select, checksum=Sql(select.checksum)))
    note_made(warehouse, read_state(warehouse), rollup.name, rollup.select)
