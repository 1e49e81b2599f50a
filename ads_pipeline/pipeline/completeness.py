"""Whether raw still holds all rows of a day: nothing is recomputed from a day that lacks some.

There are two checks. The cheap one compares the parts that tables have now with those noted when a day was last settled
(`day_parts`), and reads no rows. Merges keep the ranges of block numbers covered, so a range that is no longer covered, or a
mutation since then, means that rows may be gone. The precise one counts the rows of a day by the drop that inserted them first
(`origin`) and compares this with the ledger's `drop_days`; rows that an unfinished run has added do not hide a loss from it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from ads_pipeline.pipeline.retention import EVENTS
from ads_pipeline.pipeline.rollups import Rollup
from ads_pipeline.warehouse.statements import Name, statement
from ads_pipeline.warehouse.warehouse import Warehouse, on_shards

Blocks = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Lack:
    """An event day that lacks rows: how many raw has, how many the ledger has as accepted, and the drops that they came from."""

    event_date: date
    held: int
    accepted: int
    drops: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of an event day of a table on a shard: ranges of block numbers, newest mutation (0: none), rows, whether any is deleted."""

    blocks: Blocks = ()
    mutation: int = 0
    rows: int = 0
    masked: bool = False

    @property
    def newest(self) -> int:
        """The newest block; -1 where there is none."""
        return max((last for _, last in self.blocks), default=-1)

    def cover(self, noted: "Parts") -> bool:
        """Whether all parts noted are still there, as they were or merged."""
        return self.mutation <= noted.mutation and self._span(noted)

    def has_lost(self, noted: "Parts") -> bool:
        """Whether rows may be gone: a part is gone, or a mutation left fewer rows. A mutation of other days renames these parts too."""
        fewer = self.masked or self.rows < noted.rows
        return not self._span(noted) or (self.mutation > noted.mutation and fewer)

    def _span(self, noted: "Parts") -> bool:
        return all(any(low <= first and last <= high for low, high in self.blocks) for first, last in noted.blocks)


Place = tuple[str, date, int]
"""A table, an event day and a shard, counted from 0."""


def lacking_days(warehouse: Warehouse, days: Collection[date]) -> dict[date, Lack]:
    """The days that lack rows, by the precise check, which reads the keys of the days."""
    if not days:
        return {}
    rows = warehouse.rows(statement("queries/lacking_days"), days=sorted(days))
    return {row["event_date"]: Lack(row["event_date"], row["held"], row["accepted"], tuple(row["drops"])) for row in rows}


def lacking_of(warehouse: Warehouse, days: Collection[date]) -> dict[date, Lack]:
    """The same, with the precise check only for days that the cheap one cannot clear."""
    if not days:
        return {}
    return lacking_days(warehouse, set(days) - sound_days(warehouse))


def sound_days(warehouse: Warehouse) -> set[date]:
    """The days whose raw rows are those they had when they were settled, by the cheap check."""
    noted = _noted_parts(warehouse, [EVENTS.text])
    changed = _changed(noted, _present_parts(warehouse, [EVENTS.text]))
    return {day for _, day, _ in noted} - {day for _, day, _ in changed}


@dataclass(frozen=True, slots=True)
class Changes:
    """Days whose parts have changed, and those that may have lost rows, of raw and of rollups; days of raw never noted.

    `merged` are the parts noted of raw whose rows merges have made fewer since, with what is left.
    """

    raw: set[date]
    rollups: set[date]
    lost_raw: set[date]
    lost_rollups: set[date]
    never_noted: set[date]
    merged: dict[Place, Parts]


def changed_days(warehouse: Warehouse, rollups: Sequence[Rollup], noted: Mapping[Place, Parts]) -> Changes:
    """The days on which tables have changed since they were settled, other than by merges.

    Args:
        noted: the parts noted of raw and of these rollups.
    """
    tables = [EVENTS.text, *(rollup.table.text for rollup in rollups)]
    present = _present_parts(warehouse, tables)
    found = _changed(noted, present)
    lost = [place for place in found if present.get(place, Parts()).has_lost(noted[place])]
    known = [place for place, parts in noted.items() if parts.blocks]
    raw = [{day for name, day, _ in places if name == EVENTS.text} for places in (found, lost, present, known)]
    rollup = [{day for name, day, _ in places if name != EVENTS.text} for places in (found, lost)]
    merged = {
        place: replace(parts, rows=present[place].rows)
        for place, parts in noted.items()
        if place[0] == EVENTS.text and parts.blocks and place not in found and present[place].rows < parts.rows
    }
    return Changes(raw[0], rollup[0], raw[1], rollup[1], raw[2] - raw[3], merged)


def note_parts(warehouse: Warehouse, tables: Sequence[Name], days: Collection[date]) -> None:
    """Record the parts that tables have on these days, which must be exact now."""
    names = [table.text for table in tables]
    present = _present_parts(warehouse, names)
    places = [(name, day, shard) for name in names for day in sorted(days) for shard in range(len(warehouse.shards))]
    write_parts(warehouse, {place: present.get(place, Parts()) for place in places})


def write_parts(warehouse: Warehouse, found: Mapping[Place, Parts]) -> None:
    """Record parts by place."""
    revision = warehouse.next_revision()
    rows = [[*place, list(parts.blocks), parts.mutation, parts.rows, revision] for place, parts in found.items()]
    warehouse.insert("day_parts", ["name", "event_date", "shard", "blocks", "mutation", "rows", "revision"], rows)


def held_days(warehouse: Warehouse, table: Name) -> set[date]:
    """The days of which a table had rows when they were last settled."""
    return {day for (_, day, _), parts in _noted_parts(warehouse, [table.text]).items() if parts.blocks}


def note_table(warehouse: Warehouse, table: Name) -> None:
    """Record the parts of every day of a table, after it was created, exchanged or dropped."""
    known = [*_noted_parts(warehouse, [table.text]), *_present_parts(warehouse, [table.text])]
    note_parts(warehouse, [table], {day for _, day, _ in known})


def forget_parts(warehouse: Warehouse, table: Name) -> None:
    """Note every day of a table as one whose parts were never noted, before other parts take their place."""
    write_parts(warehouse, dict.fromkeys(parts_noted(warehouse, table), Parts()))


def parts_noted(warehouse: Warehouse, table: Name) -> dict[Place, Parts]:
    """The parts of a table that were noted when its days were settled."""
    return _noted_parts(warehouse, [table.text])


def _changed(noted: Mapping[Place, Parts], present: Mapping[Place, Parts]) -> list[Place]:
    return [place for place, parts in noted.items() if not present.get(place, Parts()).cover(parts)]


def _noted_parts(warehouse: Warehouse, tables: Sequence[str]) -> dict[Place, Parts]:
    return noted_parts(tuple(row.values()) for row in warehouse.rows(statement("queries/noted_parts"), tables=list(tables)))


def noted_parts(rows: Iterable[tuple[Any, ...]]) -> dict[Place, Parts]:
    """Parts by place from rows of `queries/noted_parts`."""
    return {(name, day, shard): Parts(tuple(map(tuple, blocks)), mutation, count) for name, day, shard, blocks, mutation, count in rows}


def _present_parts(warehouse: Warehouse, tables: Sequence[str]) -> dict[Place, Parts]:
    found = on_shards(warehouse, lambda shard: shard.rows(statement("queries/present_parts"), tables=list(tables)))
    return {(row["name"], row["event_date"], shard): parts_of(row) for shard, rows in enumerate(found) for row in rows}


def parts_of(row: Mapping[str, Any]) -> Parts:
    """Parts from a row of `queries/present_parts`."""
    blocks = tuple((first, last) for first, last in row["blocks"])
    return Parts(blocks, int(row["mutation"]), int(row["physical_rows"]), bool(row["masked"]))
