"""Rollups whose SELECT fails: each is set apart, so that the others go on, and tried again by every run that writes.

A rollup that is set apart has no view and no report: batches and rebuilds leave it out, and it shows nothing. When its file
changes, or its SELECT no longer fails on the days noted, it is filled again from raw (`making`).
"""

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TypeVar

from ads_pipeline.errors import EngineError, RollupError
from ads_pipeline.pipeline.retention import kept_from
from ads_pipeline.pipeline.rollup_facts import APART, MADE, Apart, Facts, apart_of, kept_in
from ads_pipeline.pipeline.rollups import Rollup, refused_files, rollup_files
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.error_codes import NO_RIGHT, PERMANENT
from ads_pipeline.warehouse.state import read_state, write_state
from ads_pipeline.warehouse.statements import Name, statement
from ads_pipeline.warehouse.warehouse import Warehouse, on_shards

log = logging.getLogger(__name__)

T = TypeVar("T")

UNKNOWN_TABLE = 60
"""The error code of an unknown table: the SELECT names it, so the SELECT is to blame."""

_PUSHING = re.compile(r"while pushing to view ([\w`.-]+\w)")


def is_of_select(error: EngineError) -> bool:
    """Whether the SELECT caused the error, rather than the engine or its user."""
    return bool(error.code) and (error.code == UNKNOWN_TABLE or error.code not in PERMANENT)


@contextmanager
def blamed(rollup: Rollup, day: date | None = None) -> Iterator[None]:
    """Within it, an error that a rollup's SELECT causes is raised with the name of the rollup.

    Raises:
        RollupError: the SELECT failed.
    """
    try:
        yield
    except EngineError as error:
        raise RollupError(rollup.name, error, day) if is_of_select(error) else error from error


def sparing(
    warehouse: Warehouse, settings: Settings, rollups: list[Rollup], call: Callable[[], T], settle: Callable[[], object] = lambda: None
) -> T:
    """The result of a call. If a rollup's SELECT fails in it, set that rollup apart and call again without it.

    Args:
        rollups: those that the call uses; a rollup that is set apart is removed from this list.
        settle: called before another try, to undo what the failed one left.

    Raises:
        EngineError: no rollup caused the error.
    """
    while True:
        try:
            return call()
        except EngineError as error:
            culprit = _culprit(rollups, error)
            if culprit is None:
                raise
            set_apart(warehouse, settings, culprit, error)
            settle()
            kept = kept_in(read_state(warehouse), rollup_files(settings))
            rollups[:] = [rollup for rollup in rollups if rollup.name != culprit.name and rollup.name in kept]


def _culprit(rollups: Sequence[Rollup], error: EngineError) -> Rollup | None:
    """The rollup whose SELECT failed, by the error of a rebuild or by the view that the engine's message names."""
    if isinstance(error, RollupError):
        named = error.rollup
    elif is_of_select(error) and (found := _PUSHING.search(str(error))):
        named = found[1].replace("`", "").rpartition(".")[2].removesuffix("_view")
    else:
        return None
    return next((rollup for rollup in rollups if rollup.name == named), None)


def set_apart(warehouse: Warehouse, settings: Settings, rollup: Rollup, error: EngineError) -> None:
    """Note why a rollup is set apart, and drop its view and report."""
    if isinstance(error, RollupError) and error.day:
        days = (error.day,)
    else:
        days = tuple(sorted({row["event_date"] for row in warehouse.rows(statement("queries/unsettled"))}))
    reason = error.reason if isinstance(error, RollupError) else str(error)
    note_apart(warehouse, rollup.name, Apart(rollup.select.checksum, reason, days, kept_from(warehouse, settings)))
    if read_state(warehouse).get(MADE + rollup.name, rollup.select.checksum) == rollup.select.checksum:
        take_out(warehouse, rollup.name)


def note_apart(warehouse: Warehouse, name: str, note: Apart) -> None:
    """Write down why a rollup is set apart; logged when the reason is new."""
    note = replace(note, reason=_in_short(note.reason))
    before = apart_of(read_state(warehouse), name)
    if before != note:
        write_state(warehouse, **{APART + name: note.text})
    if not before or (before.select, before.reason) != (note.select, note.reason):
        log.warning("rollup %s is set apart, the others go on: %s; %s", name, note.reason, remedy_of(name))


def remedy_of(name: str) -> str:
    """What to do about a rollup that is set apart."""
    return f"fix rollups/{name}.sql, or the data that it fails on: the next run that writes tries it again"


def take_out(warehouse: Warehouse, name: str) -> None:
    """Drop a rollup's views: nothing is written to it or read from it any more."""
    for place, view in ((warehouse.ddl, f"{name}_view"), (warehouse, f"{name}_report"), (warehouse, f"{name}_stated")):
        try:
            if place.has_table(view):
                place.run(statement("maintenance/drop_view", view=Name(view)))
        except EngineError as error:
            if error.code != NO_RIGHT:
                raise
            remedy = "run `ads init` as a user who may, which sets it apart"
            raise EngineError(f"rollup {name} fails, and this user may not drop its view {view}: {remedy}", NO_RIGHT) from error


def still_throws(warehouse: Warehouse, settings: Settings, rollup: Rollup, note: Apart) -> RollupError | None:
    """Try a rollup's SELECT on the days noted, if they are still kept. Returns its first error."""
    bound = kept_from(warehouse, settings)
    sql = partial(statement, "maintenance/rollup_try", select=rollup.select)
    for day in note.days:
        if day >= bound:
            try:
                with blamed(rollup, day):
                    on_shards(warehouse, lambda shard, day=day: shard.raw(sql(database=Name(shard.connection.database)), "Null", day=day))  # type: ignore[misc]
            except RollupError as error:
                return error
    return None


def apart_reasons(warehouse: Warehouse, settings: Settings, facts: Facts | None = None) -> dict[str, str]:
    """Why rollups are set apart, by name, where their file is here.

    Args:
        facts: the table `state`; read when it is not given.
    """
    facts, files = read_state(warehouse) if facts is None else facts, rollup_files(settings)
    notes = {name: note for name in files if (note := apart_of(facts, name))}
    noted = {name: note.reason for name, note in notes.items() if note.select == files[name].checksum}
    return noted | refused_files(settings)


def _in_short(text: str) -> str:
    text = text.removeprefix(f"{PERMANENT[UNKNOWN_TABLE]} (")  # it is not the pipeline's table that is missing
    text = re.sub(r"^(?:Error: )?Code: \d+\. DB::Exception: ", "", text)
    text = re.sub(r"\s+", " ", re.split(r": while executing|: while pushing|: While executing", text, maxsplit=1)[0])[:300].strip()
    named = re.search(r"AS `?(\w+)`? is found inside another aggregate function", text)
    return f"{text}: {named[1]} is that column of the rollup; write events.{named[1]} for the field of the events" if named else text
