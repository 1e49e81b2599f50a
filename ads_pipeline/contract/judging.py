"""Judge the events of a request: usually all at once, and one by one only where that fails.

`validate_line` judges some 30,000 events a second, because it runs Python for every field. `PlainEvent` is a subset of the contract
that msgspec reads and checks without Python; what msgspec cannot check is checked for all events together: twenty times as fast.
A plain event is valid, and a property test holds it to that. An event that is not plain may be valid all the same: it is found by
halving, and then judged by `validate_line`.
"""

import re
from collections.abc import Iterator, Sequence, Set
from datetime import UTC, date, datetime, time
from functools import lru_cache
from operator import attrgetter
from typing import Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from msgspec import UNSET, Meta, UnsetType

from ads_pipeline.contract.event import FIELDS
from ads_pipeline.contract.kinds import (
    DECIMALS,
    DIGITS,
    EXACT_DIGITS,
    MAX_ATTRIBUTES,
    MAX_COUNT,
    MAX_TEXT,
    Amount,
    Attributes,
    Choice,
    Code,
    Count,
    EventType,
    Kind,
    Text,
    Time,
)
from ads_pipeline.contract.verdict import MAX_LINE_BYTES, validate_line
from ads_pipeline.contract.window import Window

_SECOND = len("2026-01-31T23:59:59")

_C1_CONTROL = re.compile(rb"\xc2[\x80-\x9f]")  # U+0080 to U+009F
_MONTH_AND_DAY = r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))"
_UTC_TIMES = re.compile(
    rf"(?:20\d\d-{_MONTH_AND_DAY}T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{{1,9}})?(?:Z|\+00:00)\n)*+", re.ASCII
)  # a line each


def _plain_type(kind: Kind) -> Any:
    """What msgspec checks of a kind. Times, codes, event types and decimals are checked afterwards, control characters before."""
    match kind:
        case Text(required=required):
            return Annotated[str, Meta(min_length=int(required), max_length=MAX_TEXT)]
        case Amount():
            bounds = Meta(gt=-(10**DIGITS), lt=10**DIGITS)
            return Annotated[int, bounds] | Annotated[float, bounds]  # so that 0 is written as 0 again
        case Count():
            return Annotated[int, Meta(ge=1, le=MAX_COUNT)]
        case Choice():
            return kind.annotation
        case Attributes():
            return Annotated[dict[str, str], Meta(max_length=MAX_ATTRIBUTES)]
        case Code() | EventType() | Time():
            return str
    raise TypeError(f"the quick judge does not know the kind {kind}")


PlainEvent: Any = msgspec.defstruct(
    "PlainEvent",
    [
        (field.name, _plain_type(field.kind)) if field.kind.required else (field.name, _plain_type(field.kind) | UnsetType, UNSET)
        for field in FIELDS
    ],
    kw_only=True,
    forbid_unknown_fields=True,
    gc=False,
)
"""An event whose texts are strings, whose amounts are numbers, and whose keys are all fields of the contract."""

_CODES = [(attrgetter(field.name), re.compile(field.kind.pattern)) for field in FIELDS if isinstance(field.kind, Code)]
_TYPES = [attrgetter(field.name) for field in FIELDS if isinstance(field.kind, EventType)]
_LARGE = 10.0 ** (EXACT_DIGITS - DECIMALS)  # from here on a double does not keep so many decimals
_UNITS, _UNITS_OF_LARGE = 10.0**DECIMALS, 10.0 ** (EXACT_DIGITS - DIGITS)
_FIGURES = bytes(ord("0") if chr(code) in ".0123456789" else ord("e") if chr(code) == "E" else code for code in range(256))
_LONG_NUMBER = b":" + b"0" * (EXACT_DIGITS + 1)
_SMALL_NUMBER = re.compile(rb":0+e000")
_AMOUNTS = [attrgetter(field.name) for field in FIELDS if isinstance(field.kind, Amount)]
_DECODER: msgspec.json.Decoder[list[Any]] = msgspec.json.Decoder(list[PlainEvent])
_ENCODER = msgspec.json.Encoder()


class _Bounds(NamedTuple):
    """A window as the quick judge compares with it: texts of times sort in the order of time.

    Attributes:
        low: its first second.
        high: its last second, which `validate_line` judges.
        types: the event types that it accepts.
    """

    low: str
    high: str
    types: frozenset[str]


def refusals(lines: Sequence[bytes], window: Window) -> dict[int, tuple[str, ...]]:
    """Why lines (without line feeds) are refused, by their position, in order; accepted and empty ones are left out."""
    found = {}
    for position in _not_plain(lines, window):
        verdict = validate_line(lines[position], window)
        if isinstance(verdict, tuple):
            found[position] = verdict
    return found


def are_plain(lines: Sequence[bytes], window: Window) -> bool:
    """Whether each line (without line feeds) is one plain event: then all are accepted. Takes as long as reading them."""
    return _are_plain(lines, _bounds(window))


def _not_plain(lines: Sequence[bytes], window: Window) -> Iterator[int]:
    """The positions of lines that are not plain, in order."""
    bounds = _bounds(window)
    waiting = [(0, len(lines))] if lines else []
    while waiting:
        start, end = waiting.pop()
        if _are_plain(lines[start:end], bounds):
            continue
        if end - start == 1:
            yield start
        else:
            middle = (start + end) // 2
            waiting += [(middle, end), (start, middle)]


def _bounds(window: Window) -> _Bounds:
    high = window.latest.astimezone(UTC).isoformat(timespec="seconds")
    return _Bounds(_first_second(window.first_day, window.timezone), high[:_SECOND], frozenset(window.event_types))


@lru_cache(8)
def _first_second(day: date, timezone: str) -> str:
    return datetime.combine(day, time.min, ZoneInfo(timezone)).astimezone(UTC).isoformat(timespec="seconds")[:_SECOND]


def plain_lines(array: bytes, window: Window, most: int) -> tuple[bytes, int] | None:
    """A JSON array of at most `most` plain events as lines, each ended by a line feed, and how many; None if it is anything else.

    The lines are written anew from the values of the elements, which costs less than cutting the text apart. An amount may become
    longer by it (1e5 is written 100000.0): if all lines together exceed the length that one may have, the answer is None.
    """
    events = _read(array) if len(array) <= MAX_LINE_BYTES else []
    if not events or len(events) > most:
        return None
    lines = _ENCODER.encode_lines(events)
    is_as_written = lines[:-1].replace(b"\n", b",") == array[1:-1]  # then each value is what it says
    if len(lines) > MAX_LINE_BYTES or not (is_as_written or _says_the_same(array, lines)):
        return None
    return (lines, len(events)) if _are_accepted(events, _bounds(window)) else None


def _are_plain(lines: Sequence[bytes], bounds: _Bounds) -> bool:
    """Whether each line is one plain event within the bounds.

    Each line begins with a brace, and no string holds a raw line feed. So lines meet only between two elements of the array, and
    as many events as lines means that each line is one event.
    """
    if min(lines) < b"{" or max(lines) >= b"|" or max(map(len, lines)) > MAX_LINE_BYTES:
        return False
    joined = b",\n".join(lines)
    events = _read(b"[" + joined + b"]")
    if not events or len(events) != len(lines):
        return False
    written = _ENCODER.encode_lines(events)
    return (b"\n".join(lines) == written[:-1] or _says_the_same(joined, written)) and _are_accepted(events, bounds)


def _read(array: bytes) -> list[Any]:
    """The events of an array; none if one has a key, a type, an escape or a control character that a plain event has not.

    A repeated key is not noticed, nor an amount that a double does not keep: the text that is written of the events tells.
    """
    if b"\\" in array or b"\x7f" in array or (not array.isascii() and _C1_CONTROL.search(array) is not None):
        return []
    try:
        return _DECODER.decode(array)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return []


def _says_the_same(array: bytes, written: bytes) -> bool:
    """Whether a text, which differs from what was written of its events, has the same keys and numbers.

    Without escapes every string of the text has two quotes, and those of a repeated key are missing from what was written.
    """
    return _quotes(array) == _quotes(written) and not _has_odd_numbers(array)


def _has_odd_numbers(array: bytes) -> bool:
    """A number so long, or so small, that a double may be another one."""
    figures = array.translate(_FIGURES, b" \t\r\n-")
    return _LONG_NUMBER in figures or (_has_negative_exponent(array) and b"0e000" in figures and _SMALL_NUMBER.search(figures) is not None)


def _has_negative_exponent(array: bytes) -> bool:
    """Whether an e stands before a minus anywhere. By numpy, since a search for two bytes stops at each e."""
    data = np.frombuffer(array, np.uint8)
    return bool(((data[1:] == ord("-")) & (data[:-1] | 0x20 == ord("e"))).any())


def _are_accepted(events: Sequence[Any], bounds: _Bounds) -> bool:
    """Whether times, event types, codes and decimals are as the contract wants them, too."""
    times = [event.event_time for event in events]
    return (
        bool(_UTC_TIMES.fullmatch("\n".join(times) + "\n"))
        and bounds.low <= min(times)[:_SECOND]
        and max(times)[:_SECOND] < bounds.high
        and all(bounds.types.issuperset(map(kind, events)) for kind in _TYPES)
        and all(_are_codes(pattern, {*map(code, events)}) for code, pattern in _CODES)
        and _are_exact({value for amount in _AMOUNTS for value in map(amount, events)} - {UNSET})
    )


def _are_codes(pattern: re.Pattern[str], values: set[str | UnsetType]) -> bool:
    """Whether each value is a code, empty or absent."""
    return all(map(pattern.fullmatch, values - {"", UNSET}))  # type: ignore[arg-type]


def _are_exact(amounts: Set[float]) -> bool:
    """Whether no amount has more digits than the contract allows: then it is the double nearest to a whole number of units."""
    values = np.fromiter(amounts, np.float64, len(amounts))
    units = np.where(np.abs(values) < _LARGE, _UNITS, _UNITS_OF_LARGE)
    return bool((np.rint(values * units) / units == values).all())


def _quotes(data: bytes) -> int:
    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == ord('"')))
