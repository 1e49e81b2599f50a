"""What the table `state` has about rollups: the SELECT of each, and which are set apart.

`rollup:<name>` is the checksum of the SELECT that a rollup is kept by. `select:<checksum>` is the text of a SELECT, noted before it is
used, so that a process without the file of a rollup can still keep it up to date. `apart:<name>` says why a rollup is set apart,
`past:<name>` that a process with neither its file nor its text has written events without updating it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from ads_pipeline.warehouse.state import write_state
from ads_pipeline.warehouse.statements import Sql
from ads_pipeline.warehouse.warehouse import Warehouse

MADE, SELECT, APART, PAST = "rollup:", "select:", "apart:", "past:"

Facts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Apart:
    """Why a rollup is set apart.

    Args:
        select: checksum of the SELECT that cannot be used.
        days: event days, on one of which it fails; none if the engine cannot even describe the SELECT.
        bound: the first day whose raw rows were kept then: days before it stay as they were.
    """

    select: str
    reason: str
    days: tuple[date, ...] = ()
    bound: date | None = None

    @property
    def text(self) -> str:
        """As `state` holds it."""
        days = [day.isoformat() for day in self.days]
        return json.dumps(
            {"select": self.select, "reason": self.reason, "days": days, "bound": self.bound.isoformat() if self.bound else None}
        )


def apart_of(facts: Facts, name: str) -> Apart | None:
    """Why a rollup is set apart, if it is."""
    if APART + name not in facts:
        return None
    held = json.loads(facts[APART + name])
    bound = date.fromisoformat(held["bound"]) if held["bound"] else None
    return Apart(held["select"], held["reason"], tuple(date.fromisoformat(day) for day in held["days"]), bound)


def select_of(facts: Facts, checksum: str) -> Sql | None:
    """The SELECT of a checksum, if its text was noted."""
    text = facts.get(SELECT + checksum)
    return Sql(text) if text else None


def names_in(facts: Facts) -> set[str]:
    """Every rollup that `state` has notes about."""
    return {key.partition(":")[2] for key in facts if key.startswith((MADE, APART, PAST))}


def kept_in(facts: Facts, files: Mapping[str, Sql]) -> dict[str, Sql]:
    """The rollups that are kept, each with its SELECT: without those that are set apart or whose SELECT is unknown."""
    kept = {}
    for name in sorted(key.removeprefix(MADE) for key in facts if key.startswith(MADE)):
        made, note = facts[MADE + name], apart_of(facts, name)
        select = files[name] if name in files and files[name].checksum == made else select_of(facts, made)
        if select and not (note and note.select == made):
            kept[name] = select
    return kept


def note_select(warehouse: Warehouse, select: Sql) -> None:
    """Record the text of a SELECT before it is used."""
    write_state(warehouse, **{SELECT + select.checksum: select.text})


def note_made(warehouse: Warehouse, facts: Facts, name: str, select: Sql) -> None:
    """Record that a rollup is kept by this SELECT, and delete other notes about it."""
    changes = {SELECT + select.checksum: select.text, MADE + name: select.checksum, APART + name: "", PAST + name: ""}
    write_state(warehouse, **dict.fromkeys(_spare_texts(facts, name, select.checksum), "") | changes)


def forget(warehouse: Warehouse, facts: Facts, name: str) -> None:
    """Delete all notes about a rollup."""
    gone = [*_spare_texts(facts, name, ""), *(kind + name for kind in (MADE, APART, PAST))]
    write_state(warehouse, **dict.fromkeys((key for key in gone if key in facts), ""))


def _spare_texts(facts: Facts, name: str, checksum: str) -> list[str]:
    """The key of the rollup's previous SELECT, unless it or another rollup still needs it."""
    before = facts.get(MADE + name)
    used = {facts[key] for key in facts if key.startswith(MADE) and key != MADE + name} | {checksum}
    return [SELECT + before] if before and before not in used else []
