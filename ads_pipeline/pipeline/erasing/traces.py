"""What else a home holds of erased people: logs, records of Dagster, receipts, and what a damaged spool left. Ids are masked there, each by
as many asterisks, so that files that others have open stay as they are but for these bytes.

The engine's folder, landed drops and segments that wait in the spool are left alone: they are dealt with as what they are.
"""

import gzip
import logging
import lzma
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, BinaryIO

from ads_pipeline.landing import DAMAGED, Format, open_drop
from ads_pipeline.landing.blanking import Pattern

log = logging.getLogger(__name__)

PIECE, OVERLAP = 4 << 20, 4096
"""Bytes searched at a time, and how many of them with the next ones again: more than an id has."""

_SQLITE = b"SQLite format 3\0"

_PACKED = {".gz": "gz", ".zst": "zst", ".bz2": "bz2", ".xz": "xz"}


def masked(data: bytes, pattern: Pattern) -> bytes:
    """The same bytes, ids masked."""
    return pattern.sub(lambda found: b"*" * len(found[0]), data)


def mask_files(home: Path, left_alone: tuple[Path, ...], pattern: Pattern) -> list[str]:
    """Mask ids in the files of a home; returns their paths below it.

    Args:
        left_alone: folders and files that are not touched.
    """
    return [str(path.relative_to(home)) for path in _files(home, left_alone) if path.suffix not in _PACKED and _mask(path, pattern)]


def find_in_files(home: Path, left_alone: tuple[Path, ...], pattern: Pattern) -> list[str]:
    """Files of a home that hold an id, compressed ones looked into, by their paths below it."""
    return [str(path.relative_to(home)) for path in _files(home, left_alone) if _holds(path, pattern)]


def _files(home: Path, left_alone: tuple[Path, ...]) -> Iterator[Path]:
    for folder, names, files in os.walk(home):
        names[:] = sorted(name for name in names if Path(folder, name) not in left_alone)
        for path in (Path(folder, file) for file in sorted(files)):
            if path not in left_alone and path.is_file() and not path.is_symlink():
                yield path


def _holds(path: Path, pattern: Pattern) -> bool:
    if pattern.search(path.name.encode(errors="surrogateescape")):
        return True
    try:
        with open_drop(path, Format("", _PACKED.get(path.suffix, ""))) as file:
            return any(pattern.search(piece) for _, piece in _pieces(file))
    except FileNotFoundError:
        return False
    except (*DAMAGED, OSError, gzip.BadGzipFile, lzma.LZMAError):
        return pattern.search(path.read_bytes()) is not None


def _pieces(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Pieces with their places, each with the end of the one before."""
    place, rest = 0, b""
    while piece := file.read(PIECE):
        yield place - len(rest), rest + piece
        place += len(piece)
        rest = (rest + piece)[-OVERLAP:]


def _mask(path: Path, pattern: Pattern) -> bool:
    with suppress(FileNotFoundError):
        with path.open("rb") as file:
            if file.read(len(_SQLITE)) == _SQLITE:
                return _mask_database(path, pattern)
            file.seek(0)
            found = [
                (place + match.start(), match.end() - match.start()) for place, piece in _pieces(file) for match in pattern.finditer(piece)
            ]
        if found:
            with path.open("r+b") as file:
                for place, length in found:
                    file.seek(place)
                    file.write(b"*" * length)
                file.flush()
                os.fsync(file.fileno())
        return bool(found)
    return False


def _mask_database(path: Path, pattern: Pattern) -> bool:
    """Mask ids in every column of a SQLite file, and rewrite it, so that no page that was freed holds one."""

    def mask(value: Any) -> Any:
        if isinstance(value, str):
            return masked(value.encode(errors="surrogateescape"), pattern).decode(errors="surrogateescape")
        return masked(value, pattern) if isinstance(value, bytes) else value

    changed = 0
    with closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as database:
        database.text_factory = lambda data: data.decode(errors="surrogateescape")
        database.create_function("masked", 1, mask, deterministic=True)
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
        for table in tables:
            quoted = table.replace('"', '""')
            for column in [row[1].replace('"', '""') for row in database.execute(f'PRAGMA table_info("{quoted}")')]:
                sql = f'UPDATE "{quoted}" SET "{column}" = masked("{column}") WHERE "{column}" IS NOT masked("{column}")'  # noqa: S608
                changed += database.execute(sql).rowcount
        beside = [path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-journal")]
        if changed or any(file.exists() and pattern.search(file.read_bytes()) for file in beside):
            database.execute("VACUUM")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return True
    return False
