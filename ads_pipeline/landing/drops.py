"""What the path of a drop says: its format, source and landed day; and which files are not drops (yet)."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

_ENDING = re.compile(r"\.(ndjson|jsonl|json|csv|tsv|parquet|avro|orc|arrow|feather)(?:\.(gz|zst|bz2|xz))?$", re.IGNORECASE)
_DAY = re.compile(r"dt=(\d{4}-\d{2}-\d{2})")
_NAMES = {"jsonl": "ndjson", "json": "ndjson", "feather": "arrow"}

DEFAULT_SOURCE = "events"
"""The source of a drop directly under the root, and of events over HTTP unless their key is bound to another."""

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2149, 6, 6)  # the range of ClickHouse's Date
FIRST_MOMENT, LAST_MOMENT = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (FIRST_DAY, LAST_DAY))

ENDINGS = ".ndjson, .jsonl, .json, .csv, .tsv, .parquet, .avro, .orc, .arrow or .feather, each plain, .gz, .zst, .bz2 or .xz"
"""The endings of drops, for messages."""


@dataclass(frozen=True, slots=True)
class Format:
    """The format of a drop.

    Args:
        name: `ndjson`, `csv`, `tsv`, `parquet`, `avro`, `orc` or `arrow`; empty if the drop's name does not say.
        compression: empty, `gz`, `zst`, `bz2` or `xz`.
    """

    name: str
    compression: str


UNKNOWN = Format("", "")
"""The format of a drop whose name ends in none of `ENDINGS`: it cannot be loaded."""


@dataclass(frozen=True, slots=True)
class Drop:
    """A landed file.

    Args:
        name: its path in the landing store, with `/` as separator.
        source: its name; the first part of the path, or `events` for a drop directly under the root.
        size: bytes as stored.
        etag: changes whenever the content changes.
        landed_at: when it was last modified, in UTC; not before 1970 and not after 2149.
        landed_day: `dt=YYYY-MM-DD` in its path, else the UTC day of `landed_at`.
    """

    name: str
    source: str
    format: Format
    size: int
    etag: str
    landed_at: datetime
    landed_day: date


def is_hidden(name: str) -> bool:
    """Whether a file is not a drop, or not yet: a part of its path begins with `.` or `_`, or it ends in `.tmp` or `.part`."""
    return any(part.startswith((".", "_")) for part in name.split("/")) or name.endswith((".tmp", ".part"))


def format_of(name: str) -> Format | None:
    """The format by the ending of a path, or None."""
    found = _ENDING.search(name)
    if not found:
        return None
    kind = found[1].lower()
    return Format(_NAMES.get(kind, kind), (found[2] or "").lower())


def source_of(name: str) -> str:
    """The source of a drop, by its path."""
    first, _, rest = name.partition("/")
    return first if rest and not _DAY.fullmatch(first) else DEFAULT_SOURCE


def landed_day_of(name: str, landed_at: datetime) -> date:
    """The landed day by a path, or else by the time of modification."""
    for text in reversed(_DAY.findall(name.rpartition("/")[0])):
        try:
            day = date.fromisoformat(text)
        except ValueError:
            continue
        if FIRST_DAY <= day <= LAST_DAY:
            return day
    return landed_at.astimezone(UTC).date()


def drop_from(name: str, size: int, etag: str, landed_at: datetime) -> Drop:
    """The drop of a stored file."""
    bounded = min(max(landed_at, FIRST_MOMENT), LAST_MOMENT)
    return Drop(name, source_of(name), format_of(name) or UNKNOWN, size, etag, bounded, landed_day_of(name, bounded))
