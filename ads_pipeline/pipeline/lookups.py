"""Lookups: names for the values of a dimension, one CSV file each, `sql/lookups/<dimension>.csv` or the same under `ADS_SQL_DIR`.

A file has a heading with `key` and `name`; other columns are left out. Each run that writes compares the files with the table `lookups`,
and takes over what has changed. A file that is wrong changes nothing: the names that were read last stay.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ads_pipeline.errors import SettingsError
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.error_codes import NOT_READABLE, if_allowed
from ads_pipeline.warehouse.statements import shipped_folder, statement
from ads_pipeline.warehouse.warehouse import Warehouse

LARGEST = 64 << 20
"""Bytes of a file: its names travel with every query that shows them."""

SUFFIX = "_name"
"""What the column of names ends with, after the name of the dimension."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """A file of names that is new to the database, or has changed.

    Args:
        reason: why it cannot be used; empty if it can.
    """

    dimension: str
    path: Path
    checksum: str = ""
    names: tuple[tuple[str, str], ...] = ()
    reason: str = ""


def lookup_files(settings: Settings) -> dict[str, Path]:
    """Each file of names by its dimension; one of `ADS_SQL_DIR` wins over a shipped one."""
    folders = [shipped_folder()] + ([settings.sql_dir] if settings.sql_dir else [])
    return {path.stem: path for folder in folders for path in sorted((folder / "lookups").glob("*.csv"))}


def changed_lookups(warehouse: Warehouse, settings: Settings, *, exists: bool) -> list[Lookup]:
    """The files that the database has not taken over as they are; `exists`: whether it has the table `lookups`."""
    files = lookup_files(settings)
    held = _held(warehouse) if files and exists else {}
    found = (_read(dimension, path) for dimension, path in files.items())
    return [lookup for lookup in found if lookup.reason or held.get(lookup.dimension) != lookup.checksum]


def _held(warehouse: Warehouse) -> dict[str, str]:
    return {row["dimension"]: row["checksum"] for row in warehouse.rows(statement("queries/lookups_held"))}


def _read(dimension: str, path: Path) -> Lookup:
    try:
        content = _content(dimension, path)
        return Lookup(dimension, path, hashlib.sha256(content).hexdigest(), tuple(_names(content)))
    except OSError as error:
        return Lookup(dimension, path, reason=_refusal(path, f"cannot be read ({error.strerror})"))
    except (ValueError, csv.Error) as error:
        return Lookup(dimension, path, reason=_refusal(path, str(error)))


def _refusal(path: Path, reason: str) -> str:
    return f"lookup {path.stem}: {path} {reason}"


def _content(dimension: str, path: Path) -> bytes:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", dimension):
        raise ValueError("is not named for a dimension: rename it, campaign_id.csv for example")
    if (size := path.stat().st_size) > LARGEST:
        raise ValueError(f"has {size:,} bytes, and may have {LARGEST:,}: leave out what no event has")
    return path.read_bytes()


def _names(content: bytes) -> Iterator[tuple[str, str]]:
    """Each key with its name.

    Raises:
        ValueError: another encoding, no heading with `key` and `name`, a line of other length, a key that stands twice.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"is not UTF-8 (byte {error.start + 1}): save it as UTF-8") from None
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    heading = next(lines, [])
    for column in ("key", "name"):
        if heading.count(column) != 1:
            raise ValueError(f"needs one column {column!r} in its heading, which is {','.join(heading)[:100]!r}: write key,name")
    key, name = heading.index("key"), heading.index("name")
    seen: dict[str, int] = {}
    for cells in lines:
        if not cells:
            continue
        if len(cells) != len(heading):
            raise ValueError(f"has {len(cells)} cells in line {lines.line_num} and {len(heading)} in its heading: quote cells with commas")
        if cells[key] in seen:
            raise ValueError(f"has the key {cells[key][:100]!r} in lines {seen[cells[key]]} and {lines.line_num}: leave one out")
        seen[cells[key]] = lines.line_num
        yield cells[key], cells[name]


def load_lookup(warehouse: Warehouse, lookup: Lookup) -> None:
    """Let a file's names take the place of those before, all at once; run again: no change.

    Raises:
        SettingsError: it cannot be used.
    """
    if lookup.reason:
        raise SettingsError(lookup.reason)
    keys, names = ([pair[place] for pair in lookup.names] for place in (0, 1))
    row = [lookup.dimension, lookup.checksum, keys, names, warehouse.next_revision()]
    warehouse.insert("lookups", ["dimension", "checksum", "keys", "names", "revision"], [row])


def named_dimensions(warehouse: Warehouse) -> dict[str, str]:
    """Dimensions whose values have names, each with a version of them; none for a user who may not read them."""
    rows = if_allowed(lambda: warehouse.rows(statement("queries/lookups_held")), NOT_READABLE) or []
    return {row["dimension"]: row["checksum"] for row in rows if not row["is_empty"]}
