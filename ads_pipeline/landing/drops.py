"""What the path of a drop says: its format, source and landed day; and which files are not drops (yet)."""

import gzip
import re
import zlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import BinaryIO, cast

from ads_pipeline.landing.zstd import ZstdError, ZstdFile

_ENDING = re.compile(r"\.(ndjson|jsonl|json|csv|parquet)(?:\.(gz|zst))?$", re.IGNORECASE)
_DAY = re.compile(r"dt=(\d{4}-\d{2}-\d{2})")
_NAMES = {"jsonl": "ndjson", "json": "ndjson"}

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2149, 6, 6)  # the range of ClickHouse's Date
FIRST_MOMENT, LAST_MOMENT = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (FIRST_DAY, LAST_DAY))

LARGEST_EMPTY = 512
"""Bytes that an empty file may have when it is compressed: headers, with the name of the file."""

ENDINGS = ".ndjson, .jsonl, .json, .csv or .parquet, each plain, .gz or .zst"
"""The endings of drops, for messages."""


@dataclass(frozen=True, slots=True)
class Format:
    """The format of a drop: `name` is `ndjson`, `csv` or `parquet`; `compression` is empty, `gz` or `zst`."""

    name: str
    compression: str


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
    return first if rest and not _DAY.fullmatch(first) else "events"


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


def open_drop(path: Path, form: Format) -> BinaryIO:
    """The decompressed content of a local file."""
    if form.compression == "gz":
        return cast(BinaryIO, gzip.open(path, "rb"))
    return cast(BinaryIO, ZstdFile(path)) if form.compression == "zst" else path.open("rb")


def is_empty(path: Path, form: Format) -> bool:
    """Whether a local file has no content once it is decompressed: a drop without lines, in any format."""
    size = path.stat().st_size
    if size == 0 or size > LARGEST_EMPTY or not form.compression:
        return size == 0
    try:
        with open_drop(path, form) as file:
            return not file.read(1)
    except (OSError, EOFError, ValueError, zlib.error, ZstdError):
        return False  # the error is reported when it is read


def drop_from(name: str, size: int, etag: str, landed_at: datetime) -> Drop | None:
    """The drop of a stored file, or None if its ending is not that of a drop."""
    form = format_of(name)
    if form is None:
        return None
    bounded = min(max(landed_at, FIRST_MOMENT), LAST_MOMENT)
    return Drop(name, source_of(name), form, size, etag, bounded, landed_day_of(name, bounded))
