"""The ledger: one row a drop, with its status, its place in the order of receipt, and its counts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from ads_pipeline.errors import UsageError
from ads_pipeline.landing import UNKNOWN, Drop, format_of
from ads_pipeline.warehouse.statements import statement
from ads_pipeline.warehouse.warehouse import Warehouse

Status = Literal["pending", "loading", "loaded", "failed", "vanished", "dismissed", "forgotten"]

NEVER = date(1970, 1, 1)
"""The `first_day` of a drop that was not judged yet."""

_COLUMNS = (
    "drop", "source", "landed_day", "landed_at", "etag", "size", "status", "batch",
    "lines", "accepted", "duplicates", "corrections", "quarantined", "error", "first_day", "revision",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counts:
    """The lines of a drop by verdict; the last four add up to `lines`."""

    lines: int = 0
    accepted: int = 0
    duplicates: int = 0
    corrections: int = 0
    quarantined: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.lines + other.lines,
            self.accepted + other.accepted,
            self.duplicates + other.duplicates,
            self.corrections + other.corrections,
            self.quarantined + other.quarantined,
        )

    def __str__(self) -> str:
        parts = f"{self.accepted} accepted, {self.duplicates} duplicates, {self.corrections} corrections, {self.quarantined} quarantined"
        return f"{self.lines} lines: {parts}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A drop with its row in the ledger, as it is or will be.

    Args:
        counts: its counts; before it is loaded, those of the last time that it was loaded with this etag.
        known: whether the ledger has a drop of this name already.
        first_day: the first event day that an unfinished run kept when it judged the drop; `NEVER` without such a run.
        urgent: whether raw lacks rows of it, so that it is loaded before others.
    """

    drop: Drop
    counts: Counts = field(default_factory=Counts)
    known: bool = False
    first_day: date = NEVER
    urgent: bool = False

    @property
    def position(self) -> int:
        """The order of receipt as one number: landed day, microsecond of landing, and room for a line's number. Names settle ties."""
        microseconds = round(self.drop.landed_at.timestamp() * 1_000_000)
        return self.drop.landed_day.toordinal() << 96 | microseconds << 32


def write_entries(warehouse: Warehouse, entries: Sequence[Entry], status: Status, batch: str, errors: dict[str, str] | None = None) -> None:
    """Write the status and counts of drops; `errors` has the messages of those that failed, by name."""
    revision = warehouse.next_revision()
    rows = [
        [
            entry.drop.name, entry.drop.source, entry.drop.landed_day, entry.drop.landed_at, entry.drop.etag, entry.drop.size,
            status, batch, entry.counts.lines, entry.counts.accepted, entry.counts.duplicates, entry.counts.corrections,
            entry.counts.quarantined, (errors or {}).get(entry.drop.name, ""), entry.first_day, revision,
        ]
        for entry in entries
    ]  # fmt: skip
    warehouse.insert("drops", _COLUMNS, rows)


def read_ledger(
    warehouse: Warehouse, *, drops: Sequence[str] = (), status: str = "", source: str = "", limit: int = 0
) -> list[dict[str, Any]]:
    """Ledger rows in the order of receipt, all or those of these names, this status, this source.

    Raises:
        UsageError: a name that the ledger does not have.
    """
    rows = warehouse.rows(statement("queries/ledger"), drops=list(drops), status=status, source=source, limit=limit)
    if missing := set(drops) - {row["drop"] for row in rows}:
        raise UsageError(f"the ledger has no drop {sorted(missing)[0]!r}; `ads drops list` shows those it has")
    return rows


def landed_counts(warehouse: Warehouse) -> dict[date, Counts]:
    """The counts of all loaded drops, by landed day."""
    rows = warehouse.rows(statement("queries/landed_counts"))
    return {row.pop("landed_day"): Counts(**row) for row in rows}


def count_to_retry(warehouse: Warehouse) -> int:
    """How many drops the next ingest tries again."""
    return int(warehouse.value(statement("queries/drops_to_retry")))


def entry_of(row: dict[str, Any]) -> Entry:
    """A ledger row as the entry it was written from."""
    form = format_of(row["drop"]) or UNKNOWN
    drop = Drop(row["drop"], row["source"], form, row["size"], row["etag"], row["landed_at"], row["landed_day"])
    counts = Counts(row["lines"], row["accepted"], row["duplicates"], row["corrections"], row["quarantined"])
    return Entry(drop, counts, known=True)


def retry(warehouse: Warehouse, drops: Sequence[str]) -> list[str]:
    """Let the next ingest load failed drops again: all of them, or those named. Returns their names.

    Raises:
        UsageError: a drop named has not failed.
    """
    rows = _failed(warehouse, drops, "only failed drops are tried again; `ads reload` loads drops of a range of days")
    write_entries(warehouse, [entry_of(row) for row in rows], "pending", "")
    return [row["drop"] for row in rows]


def dismiss(warehouse: Warehouse, drops: Sequence[str]) -> list[str]:
    """Give up failed drops: all of them, or those named. They stay in the ledger, and no check counts them. Returns their names.

    Raises:
        UsageError: a drop named has not failed.
    """
    rows = _failed(warehouse, drops, "only failed drops are dismissed; `ads drops forget` removes the events of a loaded drop")
    errors = {row["drop"]: row["error"] for row in rows}
    write_entries(warehouse, [entry_of(row) for row in rows], "dismissed", "", errors)
    return [row["drop"] for row in rows]


def _failed(warehouse: Warehouse, drops: Sequence[str], remedy: str) -> list[dict[str, Any]]:
    rows = read_ledger(warehouse, drops=drops, status="" if drops else "failed")
    for row in rows:
        if row["status"] != "failed":
            raise UsageError(f"{row['drop']} is {row['status']}: {remedy}")
    return rows
