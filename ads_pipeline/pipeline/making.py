"""Rollups brought in line with their files: made, completed, changed, taken over, tried again, dropped.

Whatever is computed from raw goes into a scratch table first, which takes the rollup's name when it is filled. The order of the
statements is such that a run killed at any of them leaves what `standing` recognises: the old rollup as it was, or one to complete.
"""

import logging
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import date

from ads_pipeline.errors import EngineError, MemoryLimitError, RollupError, SettingsError, UsageError
from ads_pipeline.pipeline.apart import blamed, note_apart, still_throws, take_out
from ads_pipeline.pipeline.completeness import held_days, lacking_days, note_table
from ads_pipeline.pipeline.rebuild import note_days, rebuild_days, settle_days, span
from ads_pipeline.pipeline.retention import EVENTS, kept_from
from ads_pipeline.pipeline.rollup_facts import APART, MADE, PAST, Apart, apart_of, forget, note_made, note_select
from ads_pipeline.pipeline.rollups import Rollup, create_report, describe_rollup, made_rollup, refused_files, rollup_files
from ads_pipeline.pipeline.standing import Standing, all_standings, find_objects
from ads_pipeline.warehouse.error_codes import NO_RIGHT
from ads_pipeline.warehouse.state import read_state, write_state
from ads_pipeline.warehouse.statements import Name, Names, Part, Sql, statement
from ads_pipeline.warehouse.warehouse import Warehouse, on_shards

log = logging.getLogger(__name__)


def bring_in_line(warehouse: Warehouse, standing: Standing, *, only_safe: bool) -> None:
    """Do what a rollup needs; one whose SELECT throws meanwhile is set apart.

    Args:
        only_safe: nothing that waits for `ads init`, and nothing that stops a run: what is refused is set apart, too.

    Raises:
        SettingsError: its days cannot be carried over into what its file asks for.
    """
    if standing.kind == "unknown":
        _note_past(warehouse, standing.name)
    elif standing.kind == "left":
        _remove(warehouse, standing.name)
    elif standing.kind == "refused":
        if standing.select:
            note_apart(warehouse, standing.name, Apart(standing.select.checksum, standing.reason))
    elif standing.kind == "apart":
        _try_again(warehouse, standing, only_safe=only_safe)
    elif standing.kind != "kept" and not (only_safe and not standing.is_safe):
        assert standing.select
        try:
            _ACTIONS[standing.kind](warehouse, standing.name, standing.select)
        except (RollupError, MemoryLimitError) as error:
            _set_apart(warehouse, standing, error)
        except SettingsError as error:
            if not only_safe:
                raise
            _set_apart(warehouse, standing, RollupError(standing.name, EngineError(str(error))))


def _note_past(warehouse: Warehouse, name: str) -> None:
    """A run is about to write, and nobody here knows how to keep this rollup: it is filled again when its file is back."""
    if PAST + name not in read_state(warehouse):
        write_state(warehouse, **{PAST + name: "1"})


def _set_apart(warehouse: Warehouse, standing: Standing, error: RollupError | MemoryLimitError) -> None:
    """Its first fill, or the fill of what its file has become, throws. What is there of an older SELECT stays, and stays kept."""
    assert standing.select
    reason, days = (error.reason, (error.day,) if error.day else ()) if isinstance(error, RollupError) else (str(error), ())
    note_apart(warehouse, standing.name, Apart(standing.select.checksum, reason, days, kept_from(warehouse)))
    if standing.kind != "changed":
        take_out(warehouse, standing.name)


def _try_again(warehouse: Warehouse, standing: Standing, *, only_safe: bool) -> None:
    """Have a rollup that is set apart come back, if it no longer throws."""
    name, select, facts = standing.name, standing.select, read_state(warehouse)
    assert select is not None
    note = apart_of(facts, name) or Apart(select.checksum, standing.reason.removeprefix("set apart: "))
    try:
        with blamed(Rollup(name, select, {})):
            rollup = describe_rollup(warehouse, name, select)
        error = still_throws(warehouse, rollup, note)
    except (RollupError, SettingsError) as found:
        error = found if isinstance(found, RollupError) else RollupError(name, EngineError(str(found)))
    if error:
        days = (error.day,) if error.day else note.days
        note_apart(warehouse, name, replace(note, select=select.checksum, reason=error.reason, days=days))
        if facts.get(MADE + name) == select.checksum:
            take_out(warehouse, name)
        return
    log.info("rollup %s no longer throws: it is filled again", name)
    write_state(warehouse, **{APART + name: ""})
    if note.bound and (bound := kept_from(warehouse)) > note.bound and MADE + name in facts:
        log.warning("rollup %s was set apart while days from %s to before %s expired: these may be off", name, note.bound, bound)
    again = next((found for found in all_standings(warehouse, read_state(warehouse)) if found.name == name), None)
    if again and again.kind not in ("apart", "refused"):
        try:
            bring_in_line(warehouse, again, only_safe=only_safe)
        except EngineError as error:
            if error.code != NO_RIGHT:
                raise
            note_apart(
                warehouse, name, replace(note, reason="it no longer throws, and a user who may make views has it back by `ads init`")
            )


def create_rollup(warehouse: Warehouse, name: str, select: Sql) -> None:
    """Make a rollup: a table filled from the raw rows kept, then its view and its report."""
    rollup = describe_rollup(warehouse, name, select)
    note_select(warehouse, select)
    _note_lost(warehouse, rollup)
    warehouse.ddl.run(statement("maintenance/drop_view", view=rollup.view))
    upcoming = _upcoming(warehouse, rollup)
    batch, days = _fill(warehouse, rollup, upcoming)
    warehouse.ddl.run(statement("maintenance/rename", source=upcoming, target=rollup.table))
    _feed(warehouse, rollup)
    _settle(warehouse, rollup, batch, days)


def _note_lost(warehouse: Warehouse, rollup: Rollup) -> None:
    """If its table is one that was lost, what cannot be recomputed stands unsettled, until somebody accepts it."""
    if MADE + rollup.name not in read_state(warehouse):
        return
    bound = kept_from(warehouse)
    if lost := {day for day in held_days(warehouse, rollup.table) if day < bound}:
        text = "the table of rollup %s is gone, and with it %s, which can no longer be recomputed: restore it if you can"
        log.error(text, rollup.name, span(lost))
        note_days(warehouse, f"lost-rollup-{uuid.uuid4().hex[:12]}", lost, settled=False)


def complete_rollup(warehouse: Warehouse, name: str, select: Sql) -> None:
    """Fill a rollup's kept days again, which rows may be missing from, and make its view anew."""
    rollup = describe_rollup(warehouse, name, select)
    note_select(warehouse, select)
    warehouse.ddl.run(statement("maintenance/drop_view", view=rollup.view))
    _make(warehouse, rollup, rollup.table)
    if not find_objects(warehouse).shards[name].checksum:
        _mark(warehouse, name, select)
    batch, days = _fill(warehouse, rollup, rollup.table)
    _feed(warehouse, rollup)
    _settle(warehouse, rollup, batch, days)


def change_rollup(warehouse: Warehouse, name: str, select: Sql) -> None:
    """Apply a changed SELECT: a new table beside the old, filled from raw, then the two trade names.

    Days that cannot be recomputed are carried over from the old table, which needs the same dimensions;
    a metric that the old table lacks stays empty there.

    Raises:
        SettingsError: such days exist and the dimensions differ.
    """
    rollup = describe_rollup(warehouse, name, select)
    old = made_rollup(warehouse.ddl, name, select)
    bound = kept_from(warehouse)
    is_alike = set(old.dimensions) == set(rollup.dimensions)
    gone = 0 if is_alike else _not_recomputable(warehouse, rollup, bound)
    if gone:
        raise SettingsError(
            f"rollup {name} changes its dimensions, and {gone} of its days (before {bound}, or lacking rows) can no longer be recomputed: "
            f"put the new SELECT in a file of another name, sql/rollups/{name}_2.sql for example, and keep this one"
        )
    note_select(warehouse, select)
    upcoming = _upcoming(warehouse, rollup)
    if is_alike:
        kept = (column for column, kind in rollup.types.items() if column in rollup.dimensions or old.types.get(column) == kind)
        copied = statement("maintenance/copy_days", target=upcoming, source=rollup.table, columns=Names(tuple(kept)))
        on_shards(warehouse, lambda shard: shard.run(copied))
    batch, days = _fill(warehouse, rollup, upcoming)
    warehouse.confirm()
    warehouse.ddl.run(statement("maintenance/drop_view", view=rollup.view))
    warehouse.ddl.run(statement("maintenance/exchange", one=upcoming, other=rollup.table))
    _feed(warehouse, rollup)
    _settle(warehouse, rollup, batch, days)
    warehouse.ddl.run(statement("maintenance/drop_rollup_table", table=upcoming))


def _not_recomputable(warehouse: Warehouse, rollup: Rollup, bound: date) -> int:
    """How many days of a rollup raw does not hold (any more)."""
    expired = warehouse.value(statement("queries/days_before", table=rollup.table), before=bound)
    kept = warehouse.column(statement("queries/days_from", table=rollup.table), first=bound)
    return int(expired) + len(lacking_days(warehouse, kept))


def take_over(warehouse: Warehouse, name: str, select: Sql) -> None:
    """Let a rollup of an earlier release say itself of which SELECT it is. What it holds is noted, so that a loss is noticed."""
    note_table(warehouse, Name(name))
    _mark(warehouse, f"{name}_view", select)
    _mark(warehouse, name, select)
    _show(warehouse, made_rollup(warehouse.ddl, name, select))


def _mark(warehouse: Warehouse, table: str, select: Sql) -> None:
    warehouse.ddl.run(statement("maintenance/rollup_mark", table=Name(table), checksum=Sql(select.checksum)))


def renew_report(warehouse: Warehouse, name: str, select: Sql) -> None:
    """Make what is read of a rollup anew: its report, and on a cluster its table of all shards."""
    _show(warehouse, made_rollup(warehouse.ddl, name, select))


_ACTIONS: dict[str, Callable[[Warehouse, str, Sql], None]] = {
    "new": create_rollup,
    "unfinished": complete_rollup,
    "changed": change_rollup,
    "old": take_over,
    "report": renew_report,
}


def drop_rollup(warehouse: Warehouse, name: str) -> None:
    """Take a rollup away for good: view, report, table, and what is noted of it.

    Raises:
        UsageError: there is none of this name, or its SQL file is here.
    """
    files = {*rollup_files(warehouse.settings), *refused_files(warehouse.settings)}
    standings = {standing.name: standing for standing in all_standings(warehouse, read_state(warehouse))}
    if name in files:
        raise UsageError(f"the SQL file of rollup {name} is here, and the next run would make it again: remove rollups/{name}.sql first")
    if name not in standings:
        raise UsageError(f"there is no rollup {name!r}; there are: {', '.join(sorted({*standings, *files}))}")
    _remove(warehouse, name)


def _remove(warehouse: Warehouse, name: str) -> None:
    take_out(warehouse, name)
    for place in dict.fromkeys((warehouse, warehouse.ddl)):
        place.run(statement("maintenance/drop_rollup_table", table=Name(name)))
    forget(warehouse, read_state(warehouse), name)


def _upcoming(warehouse: Warehouse, rollup: Rollup) -> Name:
    """An empty table that may become the rollup's; it goes with the scratch tables of a run that dies."""
    upcoming = Name(f"scratch_{uuid.uuid4().hex[:12]}_{rollup.name}")
    _make(warehouse, rollup, upcoming)
    return upcoming


def _make(warehouse: Warehouse, rollup: Rollup, table: Name) -> None:
    parts: dict[str, Part] = {"dimensions": Names(rollup.dimensions), "select": rollup.select, "checksum": Sql(rollup.select.checksum)}
    with blamed(rollup):
        warehouse.ddl.run(statement("maintenance/rollup_table", table=table, **parts))


def _fill(warehouse: Warehouse, rollup: Rollup, table: Name) -> tuple[str, set[date]]:
    """Rebuild every kept day that raw or the rollup holds, in `table`; a crash leaves them noted as unsettled.

    Returns the batch that they are noted under, and those that can be settled: a day that lacks raw rows is left as it is, unsettled.
    """
    bound = kept_from(warehouse)
    looks = [statement("queries/days_from", table=place) for place in dict.fromkeys((EVENTS, table))]
    found = on_shards(warehouse, lambda shard: {day for look in looks for day in shard.column(look, first=bound)})
    days = sorted(set[date]().union(*found))
    batch = f"rollup-{rollup.name}-{uuid.uuid4().hex[:12]}"
    note_days(warehouse, batch, days, settled=False)
    try:
        left = rebuild_days(warehouse, [replace(rollup, name=table.text)], days)
    except (RollupError, MemoryLimitError) as error:
        # nothing that is read was changed, and other rollups need no rebuild for it
        note_days(warehouse, batch, days, settled=True)
        if not isinstance(error, RollupError):
            raise
        raise RollupError(rollup.name, EngineError(error.reason, error.code), error.day) from error
    return batch, set(days) - left


def _settle(warehouse: Warehouse, rollup: Rollup, batch: str, days: set[date]) -> None:
    """Its days are exact."""
    settle_days(warehouse, batch, days, [rollup])


def _feed(warehouse: Warehouse, rollup: Rollup) -> None:
    """Make the view that writes to a rollup, and what is read of it. What its table is made of now is what it is to be made of."""
    note_table(warehouse, rollup.table)  # before the view: without one, a run that dies here is taken up again
    parts: dict[str, Part] = {"table": rollup.table, "select": rollup.select, "checksum": Sql(rollup.select.checksum)}
    with blamed(rollup):
        warehouse.ddl.run(statement("maintenance/rollup_view", view=rollup.view, **parts))
    _show(warehouse, rollup)


def _show(warehouse: Warehouse, rollup: Rollup) -> None:
    warehouse.topology.expose(rollup.table)
    create_report(warehouse, rollup)
    note_made(warehouse, read_state(warehouse), rollup.name, rollup.select)
