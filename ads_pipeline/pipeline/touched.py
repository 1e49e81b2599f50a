"""What landed days and event days hold, for those that a run has changed: from the ledger, whatever changed them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ads_pipeline.pipeline.ledger import Counts, counts_of
from ads_pipeline.pipeline.retention import kept_from
from ads_pipeline.pipeline.rollups import Rollup
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.statements import Names, statement
from ads_pipeline.warehouse.warehouse import Warehouse

MARGIN = timedelta(minutes=1)
"""By how much the clocks of an engine's nodes may differ."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What has changed since a time by the engine's clock.

    Args:
        since: that time, a little earlier.
        days: the event days whose rows or rollups have changed, or stand unsettled.
    """

    since: datetime
    days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class LandedDay:
    """What became of the loaded drops of a landed day."""

    drops: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class EventDay:
    """How many events an event day has, of any time that raw is kept, and from how many drops."""

    events: int = 0
    drops: int = 0


def changes_since(warehouse: Warehouse, since: datetime) -> Changes | None:
    """What has changed since a time that `Warehouse.now` gave; None if that cannot be known, since the clock was set back."""
    if since > warehouse.now():
        return None
    since -= MARGIN
    return Changes(since, tuple(warehouse.column(statement("queries/days_touched"), since=since)))


def landed_since(warehouse: Warehouse, since: datetime) -> list[date]:
    """The landed days of drops whose row in the ledger has changed since a time."""
    return list(warehouse.column(statement("queries/landed_touched"), since=since))


def rows_kept(warehouse: Warehouse, settings: Settings) -> dict[str, int]:
    """How many rows `events` and `quarantine` have for their readers: each event once, and the lines that wait for a replay."""
    row = warehouse.rows(statement("queries/rows_kept"), kept_from=kept_from(warehouse, settings))[0]
    return {"events": int(row["events"]), "quarantine": int(row["quarantine"])}


def landed_days(warehouse: Warehouse, days: Collection[date]) -> dict[date, LandedDay]:
    """What became of the loaded drops of these landed days."""
    rows = warehouse.rows(statement("queries/landed_counts"), days=sorted(days)) if days else []
    return {row["landed_day"]: LandedDay(row["drops"], counts_of(row)) for row in rows}


def events_of_days(warehouse: Warehouse, days: Collection[date]) -> dict[date, EventDay]:
    """What the ledger says of each of these event days."""
    rows = warehouse.rows(statement("queries/accepted_by_day"), days=sorted(days)) if days else []
    return dict.fromkeys(days, EventDay()) | {row["event_date"]: EventDay(int(row["events"]), int(row["drops"])) for row in rows}


def rows_of_days(warehouse: Warehouse, rollup: Rollup, days: Collection[date]) -> dict[date, int]:
    """How many rows (one for each group) a rollup has for each of these event days."""
    look = statement("queries/groups_by_day", table=rollup.table, columns=Names(rollup.dimensions))
    rows = warehouse.rows(look, days=sorted(days)) if days else []
    return dict.fromkeys(days, 0) | {row["event_date"]: int(row["rows"]) for row in rows}
