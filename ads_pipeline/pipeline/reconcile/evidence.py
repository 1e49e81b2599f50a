"""What the database knows about days and keys that differ: refused lines, late and repeated events, other time zones, drops not loaded.

Amounts are those that the rollup's own SELECT makes of these events, so that they are comparable with its figures.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from ads_pipeline.contract.event import FIELDS
from ads_pipeline.contract.kinds import Amount, Attributes, Count, Time
from ads_pipeline.days import EARLIEST_DAY
from ads_pipeline.errors import DropError, EngineError
from ads_pipeline.pipeline.reconcile.columns import DAY
from ads_pipeline.pipeline.reconcile.compared import Comparison
from ads_pipeline.pipeline.sources import source_files, source_select, time_zone_of
from ads_pipeline.pipeline.staging.source_plans import source_plan
from ads_pipeline.pipeline.waiting import waiting_drops
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.statements import Name, Names, Sql, statement
from ads_pipeline.warehouse.warehouse import Warehouse

Place: TypeAlias = tuple[date, tuple[str, ...]]
"""A day and the values of the keys."""

Amounts: TypeAlias = tuple[Decimal, ...]
"""Of each metric that is compared."""

LATE_HOURS = (1, 3, 6, 12, 24, 48, 72)
"""Hours after a day's end by which events are told apart."""

OFFSETS = (*range(-720, 841, 60), -570, -210, 210, 270, 330, 345, 390, 525, 570, 630, 765)
"""Minutes from UTC of the time zones that there are."""

MOST_DAYS = 600
"""Days of which time zones are tried: so many quarters of an hour have a number."""

MOST_REASONS = 62
"""Sets of reasons that are told apart."""


@dataclass(slots=True)
class Traits:
    """Amounts of events of a day and key: by how many of `LATE_HOURS` they came late, received again, corrected."""

    late: dict[int, Amounts] = field(default_factory=dict)
    repeated: Amounts = ()
    corrected: Amounts = ()


@dataclass(slots=True)
class Refused:
    """Lines of a day and key that quarantine holds: by reasons how many (0: not known), and their amounts."""

    lines: dict[str, int] = field(default_factory=dict)
    amounts: dict[str, Amounts] = field(default_factory=dict)


@dataclass(slots=True)
class Evidence:
    """What was found.

    Args:
        disagreeing: days of which no key agrees: that all of a key came late tells nothing then.
        agreeing_late: by day, the most of `LATE_HOURS` by which events came late of keys that agree: theirs has events as late as that.
        shifts: offset from UTC in minutes → the days and keys that match under it, the most telling offset first.
        missing: by landed day, drops that are not loaded, each with its status.
        ignored: by day, how many lines of its drops their source ignores, and the reasons that it gives.
        gaps: by day, sources of which nothing landed although it did the day before and after.
        notes: what could not be looked for.
    """

    traits: dict[Place, Traits] = field(default_factory=lambda: defaultdict(Traits))
    refused: dict[Place, Refused] = field(default_factory=lambda: defaultdict(Refused))
    disagreeing: set[date] = field(default_factory=set)
    agreeing_late: dict[date, int] = field(default_factory=dict)
    shifts: dict[int, set[Place]] = field(default_factory=dict)
    missing: dict[date, list[str]] = field(default_factory=lambda: defaultdict(list))
    ignored: dict[date, tuple[int, Mapping[str, int]]] = field(default_factory=dict)
    gaps: dict[date, list[str]] = field(default_factory=lambda: defaultdict(list))
    notes: list[str] = field(default_factory=list)

    def zones(self, place: Place | None = None) -> str:
        """The offsets that make most days and keys match, and this one among them: one, or several that are all as good; empty for none."""
        most = max(map(len, self.shifts.values()), default=0)
        best = [minutes for minutes, places in self.shifts.items() if len(places) == most]
        return " or ".join(_zone(minutes) for minutes in sorted(best, key=abs) if place is None or place in self.shifts[minutes])


@dataclass(frozen=True, slots=True)
class Search:
    """Looks for the evidence of a comparison.

    Args:
        select: the rollup's SELECT.
        days: the days that differ and whose raw rows are kept.
        kept: the first day whose raw rows are kept.
    """

    comparison: Comparison
    settings: Settings
    select: Sql
    days: Sequence[date]
    kept: date

    def effect(self, events: Sql) -> Sql:
        """The part `reconcile/effect`: what the rollup makes of events."""
        rollup, columns = self.comparison.rollup, self.comparison.reading.columns
        by = Names((DAY, *columns.keys))
        return statement(
            "reconcile/effect",
            events=events,
            select=self.select,
            keys=Names(tuple(columns.keys)),
            metrics=Names(tuple(columns.metrics)),
            merged=(*by, *(rollup.merged(metric) for metric in columns.metrics)),
            by=by,
            filtered=Names(self.comparison.filtered),
        )

    def rows(self, name: Sql, **values: Any) -> list[dict[str, Any]]:
        """See `Comparison.rows`, with the parameters that all searches share."""
        return self.comparison.rows(name, **{"base": self.days[0], "days": list(self.days), "timezone": self.settings.timezone} | values)

    def traits(self, found: Evidence) -> None:
        """Late, repeated and corrected events."""
        database = Name(self.comparison.warehouse.connection.database)
        sql = statement(
            "reconcile/traits",
            effect=self.effect(statement("reconcile/traits_events", database=database)),
            compared=self.comparison.compared,
        )
        for row in self.rows(sql, hours=list(LATE_HOURS)):
            amounts, trait = _amounts(row["amounts"]), int(row["trait"])
            if not row["is_off"]:
                day = date.fromisoformat(row["event_date"])
                found.agreeing_late[day] = max(found.agreeing_late.get(day, 0), trait % 8)
                continue
            traits = found.traits[_place(row)]
            if late := trait % 8:
                traits.late[late] = added(traits.late.get(late, ()), amounts)
            if trait & 8:
                traits.repeated = added(traits.repeated, amounts)
            if trait & 16:
                traits.corrected = added(traits.corrected, amounts)

    def refused(self, found: Evidence) -> None:
        """Lines in quarantine, source by source."""
        files = source_files(self.settings)
        for source in self.comparison.warehouse.column(statement("reconcile/sources")):
            if source in files:
                try:
                    self._refused_of(source, found)
                except (EngineError, DropError) as error:
                    found.notes.append(
                        f"lines in quarantine of source {source} were not looked at: its SELECT fails on them ({error})"[:300]
                    )

    def _refused_of(self, source: str, found: Evidence) -> None:
        events = readable_lines(self.comparison.warehouse, self.settings, source)
        values = {"source": source, "time_zone": time_zone_of(self.settings, source)}
        keys = tuple(self.comparison.reading.columns.keys)
        named = all(key in _known() for key in keys)
        counted = statement("reconcile/refused_lines", events=events, keys=Names(keys if named else ()))
        rows = self.rows(counted, because=[], **values)
        for row in rows if named else ():
            lines = found.refused[_place(row)].lines
            lines[row["because"]] = lines.get(row["because"], 0) + int(row["lines"])
        because = list(dict.fromkeys(row["because"] for row in rows))[:MOST_REASONS]
        if because:
            sql = statement("reconcile/refused", effect=self.effect(events), compared=self.comparison.compared)
            for row in self.rows(sql, because=because, **values):
                amounts = found.refused[_place(row)].amounts
                reasons = row["because"] or "other reasons"
                amounts[reasons] = added(amounts.get(reasons, ()), _amounts(row["amounts"]))

    def shifts(self, found: Evidence) -> None:
        """Other time zones, on the days whose neighbours are kept too."""
        last, kept = self.comparison.reading.last, self.kept + timedelta(days=1) if self.kept > EARLIEST_DAY else EARLIEST_DAY
        first = max(self.comparison.reading.first, kept, last - timedelta(days=MOST_DAYS))
        if first > last:
            return
        start = datetime(first.year, first.month, first.day) - timedelta(days=1)
        sql = statement("reconcile/shifts", effect=self.effect(statement("reconcile/slots_events")), compared=self.comparison.compared)
        rows = self.rows(
            sql,
            start=f"{start:%Y-%m-%d %H:%M:%S}",
            offsets=list(OFFSETS),
            half=[f"{one:f}" for one in self.comparison.halves],
            first_tried=first,
            last_tried=last,
            first_raw=first - timedelta(days=2),
            last_raw=last + timedelta(days=2),
        )
        for row in rows:
            places = ((one[0], one[1]) if isinstance(one, list) else one.values() for one in row["matching"])
            found.shifts[int(row["minutes"])] = {(date.fromisoformat(day), tuple(keys)) for day, keys in places}

    def missing(self, found: Evidence) -> None:
        """Drops that are not loaded, and days on which none landed."""
        warehouse, days = self.comparison.warehouse, list(self.days)
        for row in warehouse.rows(statement("reconcile/missing"), days=days):
            found.missing[row["landed_day"]].append(f"{row['drop']} is {row['status']}")
        for row in warehouse.rows(statement("reconcile/ignored"), days=days):
            found.ignored[row["event_date"]] = (int(row["ignored"]), row["reasons"])
        for row in warehouse.rows(statement("reconcile/gaps"), days=days):
            found.gaps[row["day"]].append(row["source"])

    def waiting(self, found: Evidence) -> None:
        """Drops that landed and no run has loaded yet."""
        wanted = {day + timedelta(days=number) for day in self.days for number in (0, 1)}
        told = {text for texts in found.missing.values() for text in texts}
        for drop in waiting_drops(self.comparison.warehouse, self.settings, lambda drop: drop.landed_day in wanted):
            if not any(text.startswith(f"{drop.name} is ") for text in told):
                found.missing[drop.landed_day].append(f"{drop.name} is waiting")


def readable_lines(warehouse: Warehouse, settings: Settings, source: str) -> Sql:
    """The part `reconcile/refused_events`: lines in quarantine of a source, by its SELECT, as events.

    Raises:
        PartError: the source calls a part in a way in which it cannot be called.
    """
    select = source_select(settings, source)
    several = source_plan(warehouse, select).several
    return statement("reconcile/refused_events", source=select, several=several, texts=_texts(), amounts=_numbers())


def added(one: Amounts, other: Amounts) -> Amounts:
    """Amounts added up, metric by metric; none at all are zeros."""
    return tuple(map(sum, zip(one, other, strict=True))) if one and other else one or other  # type: ignore[arg-type]


def _zone(minutes: int) -> str:
    """An offset as people write it."""
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "") if minutes else "UTC"


def _place(row: Mapping[str, Any]) -> Place:
    return date.fromisoformat(row["event_date"]), tuple(row["keys"])


def _amounts(values: Sequence[Any]) -> Amounts:
    return tuple(map(Decimal, values))


def _texts() -> Names:
    return Names(tuple(field.name for field in FIELDS if not isinstance(field.kind, (Amount, Count, Time, Attributes))))


def _numbers() -> tuple[tuple[Name, int], ...]:
    """Fields that are numbers, each with its default."""
    return tuple((Name(field.name), 1 if field.name == "quantity" else 0) for field in FIELDS if isinstance(field.kind, (Amount, Count)))


def _known() -> set[str]:
    """Fields by which refused lines can be counted."""
    return set(_texts().items)
