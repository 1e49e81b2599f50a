"""Make lines of a text drop blank: every other byte stays, and so does the number of every other line."""

import bz2
import gzip
import json
import lzma
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from ads_pipeline.landing.compression import open_drop
from ads_pipeline.landing.drops import Format
from ads_pipeline.landing.zstd import ZstdFile

PIECE = 4 << 20
"""Bytes read at a time."""

_ID = rb"0-9A-Za-z_@.+\x80-\xff-"
"""Characters that ids have: an id is told from a longer one that it is a part of."""

Pattern = re.Pattern[bytes]


@dataclass(frozen=True, slots=True)
class Records:
    """How the records of a text follow each other.

    Args:
        quote: within it, a line feed ends no record; empty: every line is a record.
        first: the number of the first line: 1, or less if lines stand before the first record, such as a header.
    """

    quote: str = ""
    first: int = 1


def pattern_of(texts: Collection[str]) -> Pattern | None:
    """Finds texts in bytes, each as a whole, as they are or as strings of JSON; None if there are none."""
    if not texts:
        return None
    forms = {form for text in texts for form in (text, *(json.dumps(text, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)))}
    options = b"|".join(re.escape(form.encode()) for form in sorted(forms, key=len, reverse=True))
    return re.compile(b"(?<![" + _ID + b"])(?:" + options + b")(?![" + _ID + b"])")


def holds(path: Path, form: Format, pattern: Pattern) -> bool:
    """Whether the content of a drop holds one of the texts; each line for itself."""
    with open_drop(path, form) as file:
        return any(pattern.search(piece) for piece, _ in _pieces(file, ""))


def line_feeds(path: Path, form: Format) -> int:
    """How many line feeds the content has."""
    with open_drop(path, form) as file:
        return sum(piece.count(b"\n") for piece in iter(lambda: file.read(PIECE), b""))


def blank(path: Path, form: Format, records: Records, numbers: Sequence[int], pattern: Pattern | None, copy: Path) -> Path:
    """A copy of a drop, compressed as it is, in which records are blank lines: those of these numbers, and those that hold a text.

    Args:
        numbers: in ascending order.
    """
    wanted, number = np.asarray(numbers, dtype=np.int64), records.first
    with open_drop(path, form) as file, _packed(copy, form) as out:
        for piece, ends in _pieces(file, records.quote):
            places = wanted[np.searchsorted(wanted, number) : np.searchsorted(wanted, number + len(ends))] - number
            if pattern:
                found = [match.start() for match in pattern.finditer(piece)]
                places = np.union1d(places, np.searchsorted(ends, found))
            start = 0
            for place in places.tolist():
                begin = int(ends[place - 1]) + 1 if place else 0
                out.write(piece[start:begin])
                start = int(ends[place]) if piece[ends[place]] == 0x0A else len(piece)
            out.write(piece[start:])
            number += len(ends)
    return copy


def _pieces(file: BinaryIO, quote: str) -> Iterator[tuple[bytes, "np.ndarray[tuple[int], np.dtype[np.int64]]"]]:
    """The content in pieces of whole records, each with where its records end: at their line feed, or at the last byte of the last one."""
    rest = b""
    while piece := file.read(PIECE):
        piece = rest + piece
        ends = _record_ends(piece, quote)
        if not len(ends):
            rest = piece
            continue
        rest = piece[int(ends[-1]) + 1 :]
        yield piece[: int(ends[-1]) + 1], ends
    if rest:
        yield rest, np.append(_record_ends(rest, quote), len(rest) - 1)


def _record_ends(piece: bytes, quote: str) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    content = np.frombuffer(piece, dtype=np.uint8)
    ends = np.flatnonzero(content == 0x0A)
    if quote and quote.encode() in piece:
        quotes = np.flatnonzero(content == ord(quote))
        ends = ends[np.searchsorted(quotes, ends) % 2 == 0]
    return ends


def _packed(copy: Path, form: Format) -> BinaryIO:
    match form.compression:
        case "gz":
            return cast(BinaryIO, gzip.GzipFile(copy, "wb", mtime=0))
        case "zst":
            return cast(BinaryIO, ZstdFile(copy, "wb"))
        case "bz2":
            return cast(BinaryIO, bz2.BZ2File(copy, "wb"))
        case "xz":
            return cast(BinaryIO, lzma.LZMAFile(copy, "wb"))
    return copy.open("wb")
