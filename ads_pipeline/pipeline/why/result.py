"""What taking a cell apart finds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeAlias

Values: TypeAlias = dict[str, Any]
"""By metric: counts as integers, money as Decimals, other metrics as the engine writes them."""


@dataclass(frozen=True, slots=True)
class Line:
    """A record of a drop: its line, its place among those of the line (0: the only one), and what it adds."""

    line: int
    record: int
    values: Values


@dataclass(slots=True)
class Part:
    """What the current content of some events adds to a cell.

    Args:
        drop: the drop that the content came from; empty for all drops that are not named.
        drops: how many drops.
        events: how many events; None where there are too many to look at each.
        only: of each metric that counts different values, those that no other part has.
    """

    values: Values
    drop: str = ""
    source: str = ""
    landed_day: str = ""
    drops: int = 1
    events: int | None = None
    only: Values = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Landed:
    """The events of a cell that drops of one landed day brought first; `days_late`: so many days after the event day."""

    landed_day: str
    days_late: int
    drops: int
    events: int | None
    values: Values


@dataclass(frozen=True, slots=True)
class Refused:
    """Lines in quarantine, by their reasons, that would have belonged to a cell; `values` as far as the lines can be read."""

    source: str
    reasons: str
    lines: int
    drops: int
    first: tuple[str, int]
    values: Values


@dataclass(frozen=True, slots=True)
class Content:
    """What a record of a drop says of an event, and what this adds to a cell: nothing if it belongs to another one."""

    drop: str
    line: int
    record: int
    values: Values


@dataclass(frozen=True, slots=True)
class Correction:
    """A content of an event, and the one that took its place in the order of receipt."""

    event_id: str
    event_type: str
    before: Content
    after: Content


@dataclass(frozen=True, slots=True)
class Corrections:
    """The corrections that touch a cell.

    Args:
        events: how many events were corrected, and `corrections` how often; some of them are `listed`, those that change most first.
        net: of each sum, by how much they have changed the cell together.
    """

    events: int = 0
    corrections: int = 0
    net: Values = field(default_factory=dict)
    listed: list[Correction] = field(default_factory=list)


@dataclass(slots=True)
class Why:
    """A cell taken apart: the parts and `gone` add up to `value`.

    Args:
        kinds: of each metric, `sum`, `union` (different values: parts share some) or `merged` (anything else).
        parts: the drops that contribute, those with most first; the last one may stand for all others.
        shared: of each union, the values that several parts have.
        gone: of each sum and union, what the rollup has and raw has not: rows that have expired, or were lost.
        accepted: of an expired day, the events that each drop brought first, of all cells.
        corrections: of the events of the cell, and of those that a correction took out of it.
        duplicates: records left out since they repeat what is, or was, in the cell: the drops with most first.
        unplaced: lines in quarantine of the day's drops whose day nobody knows, by reasons.
    """

    rollup: str
    day: date
    where: Mapping[str, Sequence[str]]
    kinds: dict[str, str]
    value: Values
    parts: list[Part] = field(default_factory=list)
    shared: Values = field(default_factory=dict)
    gone: Values = field(default_factory=dict)
    landed: list[Landed] = field(default_factory=list)
    corrections: Corrections = field(default_factory=Corrections)
    duplicates: list[Part] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    unplaced: dict[str, int] = field(default_factory=dict)
    accepted: dict[str, int] = field(default_factory=dict)
    expired: bool = False
    changed_at: str | None = None
    changed_by: str = ""
    notes: list[str] = field(default_factory=list)


def as_dict(found: Why) -> dict[str, Any]:
    """The same in types of JSON; see docs/why.md for what each name means."""
    return {
        "rollup": found.rollup,
        "day": found.day.isoformat(),
        "where": {name: list(values) for name, values in found.where.items()},
        "metrics": found.kinds,
        "value": found.value,
        "parts": [_part(part) for part in found.parts],
        "shared": found.shared,
        "gone": found.gone,
        "changed_at": found.changed_at,
        "changed_by": found.changed_by or None,
        "landed": [
            {"landed_day": one.landed_day, "days_late": one.days_late, "drops": one.drops, "events": one.events, **_values(one.values)}
            for one in found.landed
        ],
        "corrections": {
            "events": found.corrections.events,
            "corrections": found.corrections.corrections,
            "net": found.corrections.net,
            "listed": [_correction(one) for one in found.corrections.listed],
        },
        "duplicates": [
            {"drop": part.drop or None, "drops": part.drops, "records": part.events, **_values(part.values)} for part in found.duplicates
        ],
        "refused": [
            {
                "source": one.source,
                "reasons": one.reasons.split(" "),
                "lines": one.lines,
                "drops": one.drops,
                "first": {"drop": one.first[0], "line": one.first[1]},
                **_values(one.values),
            }
            for one in found.refused
        ],
        "unplaced": found.unplaced,
        "expired": found.expired,
        "accepted": found.accepted,
        "notes": found.notes,
    }


def _part(part: Part) -> dict[str, Any]:
    named = {"drop": part.drop, "source": part.source, "landed_day": part.landed_day} if part.drop else {"drop": None}
    lines = [{"line": one.line, "record": one.record, **_values(one.values)} for one in part.lines]
    return {**named, "drops": part.drops, "events": part.events, **_values(part.values), "only": part.only, "lines": lines}


def _correction(one: Correction) -> dict[str, Any]:
    sides = {"before": one.before, "after": one.after}
    return {"event_id": one.event_id, "event_type": one.event_type} | {
        name: {"drop": side.drop, "line": side.line, "record": side.record, **_values(side.values)} for name, side in sides.items()
    }


def _values(values: Values) -> dict[str, Any]:
    return {"values": values}
