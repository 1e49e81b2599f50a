"""Update each rollup to its file: the one place that maps the state of a rollup to an action of `making`.

A rollup whose SELECT fails is set apart, so that the others go on.
"""

import logging
from collections.abc import Callable
from dataclasses import replace

from ads_pipeline.errors import EngineError, MemoryLimitError, RollupError, SettingsError
from ads_pipeline.pipeline.apart import blamed, note_apart, still_throws, take_out
from ads_pipeline.pipeline.making import change_rollup, complete_rollup, create_rollup, remove_rollup, renew_report, take_over
from ads_pipeline.pipeline.retention import kept_from
from ads_pipeline.pipeline.rollup_facts import APART, MADE, PAST, Apart, apart_of
from ads_pipeline.pipeline.rollups import Rollup, describe_rollup
from ads_pipeline.pipeline.standing import Standing, look_at_rollups
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.error_codes import NO_RIGHT
from ads_pipeline.warehouse.state import read_state, write_state
from ads_pipeline.warehouse.statements import Sql
from ads_pipeline.warehouse.warehouse import Warehouse

log = logging.getLogger(__name__)

_ACTIONS: dict[str, Callable[[Warehouse, Settings, str, Sql], None]] = {
    "new": create_rollup,
    "unfinished": complete_rollup,
    "changed": change_rollup,
    "old": lambda warehouse, _, name, select: take_over(warehouse, name, select),
    "report": lambda warehouse, _, name, select: renew_report(warehouse, name, select),
}


def align_rollup(warehouse: Warehouse, settings: Settings, standing: Standing, *, only_safe: bool) -> None:
    """Do what a rollup needs; one whose SELECT fails is set apart.

    Args:
        only_safe: skip what waits for `ads init`, and never stop a run: a change that is refused sets the rollup apart.

    Raises:
        SettingsError: days that cannot be recomputed do not fit the new SELECT.
    """
    if standing.kind == "unknown":
        _note_past(warehouse, standing.name)
    elif standing.kind == "left":
        remove_rollup(warehouse, standing.name)
    elif standing.kind == "refused":
        if standing.select is not None:
            note_apart(warehouse, standing.name, Apart(standing.select.checksum, standing.reason))
    elif standing.kind == "apart":
        _try_again(warehouse, settings, standing, only_safe=only_safe)
    elif standing.kind != "kept" and not (only_safe and not standing.is_safe):
        assert standing.select is not None
        try:
            _ACTIONS[standing.kind](warehouse, settings, standing.name, standing.select)
        except (RollupError, MemoryLimitError) as error:
            _set_apart(warehouse, settings, standing, error)
        except SettingsError as error:
            if not only_safe:
                raise
            _set_apart(warehouse, settings, standing, RollupError(standing.name, EngineError(str(error))))


def _note_past(warehouse: Warehouse, name: str) -> None:
    """Note that a run writes events without updating this rollup, whose SELECT is unknown: it is filled again when its file is back."""
    if PAST + name not in read_state(warehouse):
        write_state(warehouse, **{PAST + name: "1"})


def _set_apart(warehouse: Warehouse, settings: Settings, standing: Standing, error: RollupError | MemoryLimitError) -> None:
    """Set a rollup apart that cannot be filled. A table of an older SELECT stays and is kept up to date."""
    assert standing.select is not None
    reason, days = (error.reason, (error.day,) if error.day else ()) if isinstance(error, RollupError) else (str(error), ())
    note_apart(warehouse, standing.name, Apart(standing.select.checksum, reason, days, kept_from(warehouse, settings)))
    if standing.kind != "changed":
        take_out(warehouse, standing.name)


def _try_again(warehouse: Warehouse, settings: Settings, standing: Standing, *, only_safe: bool) -> None:
    """Fill a rollup that was set apart, if its SELECT no longer fails."""
    name, select, facts = standing.name, standing.select, read_state(warehouse)
    assert select is not None
    note = apart_of(facts, name) or Apart(select.checksum, standing.reason.removeprefix("set apart: "))
    try:
        with blamed(Rollup(name, select, {})):
            rollup = describe_rollup(warehouse, name, select)
        error = still_throws(warehouse, settings, rollup, note)
    except (RollupError, SettingsError) as found:
        error = found if isinstance(found, RollupError) else RollupError(name, EngineError(str(found)))
    if error:
        days = (error.day,) if error.day else note.days
        note_apart(warehouse, name, replace(note, select=select.checksum, reason=error.reason, days=days))
        if facts.get(MADE + name) == select.checksum:
            take_out(warehouse, name)
        return
    log.info("rollup %s no longer fails: it is filled again", name)
    write_state(warehouse, **{APART + name: ""})
    if note.bound and (bound := kept_from(warehouse, settings)) > note.bound and MADE + name in facts:
        log.warning("rollup %s was set apart while days from %s to before %s expired: these may be off", name, note.bound, bound)
    again = next((found for found in look_at_rollups(warehouse, settings) if found.name == name), None)
    if again and again.kind not in ("apart", "refused"):
        try:
            align_rollup(warehouse, settings, again, only_safe=only_safe)
        except EngineError as error:
            if error.code != NO_RIGHT:
                raise
            note_apart(warehouse, name, replace(note, reason="it no longer fails: run `ads init` as a user who may create views"))
