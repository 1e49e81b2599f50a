"""The ledger: one row a drop, with its status, its place in the order of receipt, and its counts."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from ads_pipeline.errors import UsageError
from ads_pipeline.landing import UNKNOWN, Drop, format_of
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.statements import statement
from ads_pipeline.warehouse.warehouse import Warehouse

Status = Literal["pending", "loading", "loaded", "failed", "vanished", "dismissed", "forgotten"]

ASKED = "ingest-asked-for"
"""The file in `ADS_HOME` that is written anew when drops are to be loaded that have not changed."""

MOSTLY = 0.9
"""Share of a drop's records from which they are nearly all of it."""

NEVER = date(1970, 1, 1)
"""The `first_day` of a drop that was not judged yet."""

_COLUMNS = (
    "drop", "source", "landed_day", "landed_at", "etag", "size", "status", "batch",
    "lines", "records", "ignored", "ignored_reasons", "accepted", "duplicates", "corrections", "quarantined", "error", "hint",
    "first_day", "replayed", "seconds", "revision",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counts:
    """The lines of a drop, and its records by verdict.

    Args:
        quarantined: records that were refused; a line that was refused as a whole is one.
        ignored: lines that yielded no record, because the source said so.
        ignored_reasons: how many of these by the reason that the source gives; empty where it gives none.
    """

    lines: int = 0
    accepted: int = 0
    duplicates: int = 0
    corrections: int = 0
    quarantined: int = 0
    ignored: int = 0
    ignored_reasons: Mapping[str, int] = field(default_factory=dict)

    @property
    def records(self) -> int:
        """The events that the lines yielded, of whatever verdict."""
        return self.accepted + self.duplicates + self.corrections + self.quarantined

    @property
    def mostly_refused(self) -> bool:
        """Whether nearly all records are in quarantine."""
        return self.quarantined > 0 and self.quarantined >= MOSTLY * self.records

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.lines + other.lines,
            self.accepted + other.accepted,
            self.duplicates + other.duplicates,
            self.corrections + other.corrections,
            self.quarantined + other.quarantined,
            self.ignored + other.ignored,
            most_common(Counter(self.ignored_reasons) + Counter(other.ignored_reasons)),
        )

    def __str__(self) -> str:
        parts = f"{self.accepted} accepted, {self.duplicates} duplicates, {self.corrections} corrections, {self.quarantined} quarantined"
        ignored = f"{self.ignored} ignored, " if self.ignored else ""
        return f"{self.lines} lines: {ignored}{parts}"


REASONS = 20
"""How many reasons for which lines were ignored are kept of a drop."""

OTHER_REASONS = "other reasons"


def most_common(reasons: Mapping[str, int]) -> dict[str, int]:
    """Counts by reason, those beyond `REASONS` put together."""
    ordered = sorted(reasons.items(), key=lambda item: (item[0] == OTHER_REASONS, -item[1], item[0]))
    kept, others = dict(ordered[:REASONS]), sum(count for _, count in ordered[REASONS:])
    return kept | ({OTHER_REASONS: kept.get(OTHER_REASONS, 0) + others} if others else {})


@dataclass(frozen=True, slots=True)
class Entry:
    """A drop with its row in the ledger, as it is or will be.

    Args:
        counts: its counts; before it is loaded, those of the last time that it was loaded with this etag.
        known: whether the ledger has a drop of this name already.
        first_day: the first event day that an unfinished run kept when it judged the drop; `NEVER` without such a run.
        urgent: whether raw lacks rows of it, so that it is loaded before others.
        hint: what seems to be wrong, if nearly all records are refused for the same reason; kept as long as they are.
        replayed: stands for what the last replay of its lines in quarantine has counted; 0: there was none since it was loaded.
    """

    drop: Drop
    counts: Counts = field(default_factory=Counts)
    known: bool = False
    first_day: date = NEVER
    urgent: bool = False
    replayed: int = 0
    hint: str = ""

    @property
    def position(self) -> int:
        """The order of receipt as one number: landed day, microsecond of landing, and room for a line's number. Names settle ties."""
        microseconds = round(self.drop.landed_at.timestamp() * 1_000_000)
        return self.drop.landed_day.toordinal() << 96 | microseconds << 32


def write_entries(
    warehouse: Warehouse,
    entries: Sequence[Entry],
    status: Status,
    batch: str,
    errors: Mapping[str, str] | None = None,
    *,
    seconds: float = 0,
) -> None:
    """Write the status and counts of drops; `errors` has the messages of those that failed, by name, `seconds` what their batch took."""
    revision = warehouse.next_revision()
    rows = [
        [
            entry.drop.name, entry.drop.source, entry.drop.landed_day, entry.drop.landed_at, entry.drop.etag, entry.drop.size,
            status, batch, *_in_ledger(entry.counts), (errors or {}).get(entry.drop.name, ""),
            entry.hint if entry.counts.mostly_refused else "", entry.first_day, entry.replayed, seconds, revision,
        ]
        for entry in entries
    ]  # fmt: skip
    warehouse.insert("drops", _COLUMNS, rows)


def _in_ledger(counts: Counts) -> tuple[Any, ...]:
    return (
        counts.lines, counts.records, counts.ignored, counts.ignored_reasons,
        counts.accepted, counts.duplicates, counts.corrections, counts.quarantined,
    )  # fmt: skip


def counts_of(row: Mapping[str, Any]) -> Counts:
    """The counts of a drop from a row that has them."""
    names = ("lines", "accepted", "duplicates", "corrections", "quarantined", "ignored", "ignored_reasons")
    return Counts(*(row[name] for name in names))


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


def count_to_retry(warehouse: Warehouse) -> int:
    """How many drops the next ingest tries again."""
    return int(warehouse.value(statement("queries/drops_to_retry")))


def entry_of(row: dict[str, Any]) -> Entry:
    """A ledger row as the entry it was written from."""
    form = format_of(row["drop"]) or UNKNOWN
    drop = Drop(row["drop"], row["source"], form, row["size"], row["etag"], row["landed_at"], row["landed_day"])
    return Entry(drop, counts_of(row), known=True, replayed=row["replayed"], hint=row["hint"])


def retry(warehouse: Warehouse, drops: Sequence[str]) -> list[str]:
    """Let the next ingest load failed drops again: all of them, or those named. Returns their names.

    Raises:
        UsageError: a drop named has not failed.
    """
    rows = _failed(warehouse, drops, "only failed drops are tried again; `ads reload` loads drops of a range of days")
    write_entries(warehouse, [entry_of(row) for row in rows], "pending", "")
    return [row["drop"] for row in rows]


def ask_for_ingest(settings: Settings) -> None:
    """Leave a note in `ADS_HOME` by which the sensor asks for a run: it sees the landing store, and not the ledger."""
    settings.home.mkdir(parents=True, exist_ok=True)
    unfinished = settings.home / f".asked-{uuid.uuid4().hex}"
    unfinished.write_text(uuid.uuid4().hex)
    unfinished.replace(settings.home / ASKED)


def asked_for(settings: Settings) -> str:
    """What the last such note says, different each time; empty if there was none."""
    try:
        return (settings.home / ASKED).read_text()
    except OSError:
        return ""


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
