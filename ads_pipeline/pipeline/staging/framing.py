"""JSON whose records are no lines: the elements of arrays, or objects one behind another, also over several lines.

How the records of a drop stand is seen by its head. Most drops have an object in their first line, and are looked at no further.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from ads_pipeline.errors import DropError
from ads_pipeline.landing import DAMAGED, Format, open_drop
from ads_pipeline.pipeline.staging.bounds import Meter

HEAD = 64 << 10
"""Bytes that are looked at; more where no line ends in them."""

LONG_HEAD = 2 << 20

PIECE = 1 << 20
"""Bytes cut at a time."""

FEW = 200
"""Records of the head that are looked at."""

_MARK = b"\xef\xbb\xbf"
_EMPTY = re.compile(rb"\[\s*\]\s*")


@dataclass(frozen=True, slots=True)
class Framing:
    """How records stand in a text that has none of lines.

    Args:
        array: as the elements of an array, or of several; else as objects one behind another.
        or_lines: many lines are records too: where it does not hold for the whole text, lines are what is meant.
    """

    array: bool
    or_lines: bool


def framing_of_file(path: Path, form: Format) -> Framing | None:
    """See `framing_of`. None for a damaged file too: whoever reads it reports that."""
    try:
        with open_drop(path, form) as file:
            return framing_of(*head_of(file))
    except (*DAMAGED, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        return None


def head_of(file: BinaryIO) -> tuple[bytes, bool]:
    """The head of a content, and whether that is all."""
    head = file.read(HEAD)
    if len(head) == HEAD and b"\n" not in head:
        head += file.read(LONG_HEAD)
    return head, not file.read(1)


def framing_of(head: bytes, is_all: bool) -> Framing | None:
    """How the records of a content stand by its head; None: each in a line of its own."""
    text = without_mark(head).lstrip()
    first = text.partition(b"\n")[0]
    if text[:1] not in (b"[", b"{") or _is_object(first):
        return None
    framed = _cut_head(text, is_all)
    if framed is None:
        return None
    lines = text.split(b"\n")
    good, bad = _counted(lines if is_all else lines[:-1])
    good_framed, bad_framed = _counted(framed)
    is_better = good_framed > good or (good_framed == good > 0 and bad_framed < bad)
    is_empty = is_all and _EMPTY.fullmatch(text)
    if not is_empty and (not is_better or (bad_framed and good >= bad)):
        return None
    return Framing(text[:1] == b"[", 0 < good >= bad)


def as_lines(path: Path, form: Format, framing: Framing, copy: Path, meter: Meter) -> Path | None:
    """A copy with a line for each record, decompressed; None if lines are what is meant.

    Raises:
        DropError: it is damaged, its records have no end, or it holds too much.
    """
    from ads_pipeline.pipeline.staging.cutting import Cutter, NotFramedError  # loads numpy, which few drops need

    cutter, is_first = Cutter(framing.array, strict=framing.or_lines), True
    try:
        with open_drop(path, form) as packed, copy.open("wb") as file:
            while piece := packed.read(PIECE):
                lines = cutter.cut(without_mark(piece) if is_first else piece)
                is_first = False
                meter.add(lines)
                file.write(lines)
        cutter.end()
    except NotFramedError:
        if framing.or_lines:
            return None
        raise DropError(_of_torn(framing, meter.lines + 1)) from None
    except (*DAMAGED, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise DropError(f"it cannot be decompressed ({error})") from error
    return copy


def without_mark(text: bytes) -> bytes:
    """A text without the byte order marks that it begins with."""
    while text.startswith(_MARK):
        text = text[len(_MARK) :]
    return text


def _of_torn(framing: Framing, record: int) -> str:
    what = "a JSON array" if framing.array else "JSON objects one behind another"
    return f"it is {what} whose brackets or quotes do not match from about record {record:,} on: it may be torn. Nothing of it is loaded"


def _cut_head(text: bytes, is_all: bool) -> list[bytes] | None:
    """The records of a head by their brackets, without one that may go on behind it; None if they do not stand so."""
    from ads_pipeline.pipeline.staging.cutting import Cutter, NotFramedError

    cutter = Cutter(text.startswith(b"["), strict=False)
    try:
        records = cutter.cut(text).split(b"\n")
    except NotFramedError:
        return None
    return records if is_all and not cutter.depth else records[:-1]


def _counted(records: Iterable[bytes]) -> tuple[int, int]:
    """How many records, of the first that are not blank, are objects, and how many are not."""
    found = [_is_object(record) for record in islice((record for record in records if record.strip()), FEW)]
    return sum(found), len(found) - sum(found)


def _is_object(text: bytes) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
