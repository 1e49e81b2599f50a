"""The ledger: one row a drop, with its status, its place in the order of receipt, and its counts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from ads_pipeline.days import utc_now
from ads_pipeline.errors import UsageError
from ads_pipeline.landing import Drop, Format, format_of
from ads_pipeline.warehouse.client import Warehouse
from ads_pipeline.warehouse.statements import statement

Status = Literal["pending", "loading", "loaded", "failed"]

_COLUMNS = (
    "drop", "source", "landed_day", "landed_at", "tie", "etag", "size", "status", "batch",
    "lines", "accepted", "duplicates", "corrections", "quarantined", "error", "updated_at", "revision",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of a drop's lines; the last four add up to the first."""

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


@dataclass(frozen=True, slots=True)
class Entry:
    """A drop with its place among drops that landed in the same microsecond."""

    drop: Drop
    tie: int
    counts: Counts = field(default_factory=Counts)

    @property
    def position(self) -> int:
        """The order of receipt as one number: landed day, microsecond of landing, tie."""
        microseconds = round(self.drop.landed_at.timestamp() * 1_000_000)
        return self.drop.landed_day.toordinal() << 96 | microseconds << 32 | self.tie


def write_entries(warehouse: Warehouse, entries: Sequence[Entry], status: Status, batch: str, errors: dict[str, str] | None = None) -> None:
    """Set the status of drops, with the counts they carry; `errors` has the message of a failed drop by name."""
    now, revision = utc_now(), warehouse.next_revision()
    rows = [
        [
            entry.drop.name, entry.drop.source, entry.drop.landed_day, entry.drop.landed_at, entry.tie, entry.drop.etag, entry.drop.size,
            status, batch, entry.counts.lines, entry.counts.accepted, entry.counts.duplicates, entry.counts.corrections,
            entry.counts.quarantined, (errors or {}).get(entry.drop.name, ""), now, revision,
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
    """What became of the lines of all loaded drops, by landed day."""
    rows = warehouse.rows(statement("queries/landed_counts"))
    return {row.pop("landed_day"): Counts(**row) for row in rows}


def count_unfinished(warehouse: Warehouse) -> int:
    """How many drops the next ingest takes up again."""
    return int(warehouse.value(statement("queries/unfinished_drops")))


def entry_of(row: dict[str, Any]) -> Entry:
    """A ledger row as the entry it was written from."""
    form = format_of(row["drop"]) or Format("ndjson", "")
    drop = Drop(row["drop"], row["source"], form, row["size"], row["etag"], row["landed_at"], row["landed_day"])
    counts = Counts(row["lines"], row["accepted"], row["duplicates"], row["corrections"], row["quarantined"])
    return Entry(drop, row["tie"], counts)


def retry(warehouse: Warehouse, drops: Sequence[str]) -> list[str]:
    """Let the next ingest load failed drops again: all of them, or those named. Returns their names.

    Raises:
        UsageError: a drop named has not failed.
    """
    rows = read_ledger(warehouse, drops=drops, status="" if drops else "failed")
    for row in rows:
        if row["status"] != "failed":
            raise UsageError(
                f"{row['drop']} is {row['status']}, and only failed drops are tried again; `ads reload` loads drops of a range of days"
            )
    write_entries(warehouse, [entry_of(row) for row in rows], "pending", "")
    return [row["drop"] for row in rows]
