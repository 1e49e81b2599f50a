"""What readers can have of rollups: their notes, the days that they have, and the days that answers leave out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ads_pipeline.days import EARLIEST_DAY, LATEST_DAY
from ads_pipeline.pipeline.rollup_facts import Facts
from ads_pipeline.warehouse.error_codes import if_allowed
from ads_pipeline.warehouse.state import read_state
from ads_pipeline.warehouse.statements import Name, statement
from ads_pipeline.warehouse.warehouse import Warehouse, on_shards


@dataclass(frozen=True, slots=True)
class RollupState:
    """The first and last day of a rollup, when it last changed (UTC), and a version that changes with it."""

    first_day: date | None = None
    last_day: date | None = None
    changed_at: datetime | None = None
    version: str = ""


@dataclass(frozen=True, slots=True)
class Availability:
    """What a reader has to know before it reads rollups.

    Read it before the rows: then every day that these leave out is among `left_out`.

    Args:
        facts: the facts about the database; none for a user who may read rollups only.
        states: of each rollup by name; an empty one has neither days nor a time of change.
        left_out: the event days that queries leave out: the engine was killed while a run changed them, and they may count twice
            until settled.
    """

    facts: Facts
    states: dict[str, RollupState]
    left_out: list[date]

    def left_out_between(self, first: date | None, last: date | None) -> list[date]:
        """The days left out of a range, both ends included."""
        return [day for day in self.left_out if (first or EARLIEST_DAY) <= day <= (last or LATEST_DAY)]


def read_facts(warehouse: Warehouse) -> Facts:
    """The facts about the database; none for a user who may read rollups only."""
    return if_allowed(lambda: read_state(warehouse)) or {}


def read_availability(warehouse: Warehouse, names: Sequence[str]) -> Availability:
    """All that is to be known about rollups, by one statement for each shard."""
    rows = if_allowed(lambda: _ask(warehouse, names, noted=True)) or _ask(warehouse, names, noted=False)
    parts = [{state[0]: RollupState(*state[1:]) for state in row["states"]} for row in rows]
    states = {name: _joined([part[name] for part in parts if name in part]) for name in names}
    return Availability(dict(rows[0].get("facts", ())), states, sorted({day for row in rows for day in row["left_out"]}))


def _ask(warehouse: Warehouse, names: Sequence[str], *, noted: bool) -> list[dict[str, Any]]:
    # each shard says which days it leaves out: that depends on when its own engine was started
    look = statement("queries/availability", books=Name(warehouse.connection.database), noted=noted)
    return on_shards(warehouse, lambda shard: shard.rows(look, tables=list(names))[0])


def _joined(states: Sequence[RollupState]) -> RollupState:
    """The state of a rollup from those of its shards; an emptied table has no days."""
    firsts, lasts = [state.first_day for state in states if state.first_day], [state.last_day for state in states if state.last_day]
    changes = [state.changed_at for state in states if state.changed_at]
    return RollupState(
        min(firsts, default=None), max(lasts, default=None), max(changes, default=None), " ".join(state.version for state in states)
    )


def left_out(days: Sequence[date]) -> str:
    """One sentence about the days that a query left out."""
    shown = ", ".join(map(str, days[:10])) + (f" and {len(days) - 10} more" if len(days) > 10 else "")
    return (
        f"left out: {shown}; the engine was killed while a run changed {'these days' if len(days) > 1 else 'this day'}, and the figures "
        "may count twice: the next `ads ingest` settles this, and `ads check` shows what it cannot settle"
    )
