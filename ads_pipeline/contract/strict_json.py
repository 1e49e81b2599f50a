"""JSON as the engine reads and writes it, to the byte, for the Python side of the event contract.

Python's own reader is laxer (NaN, infinities, lone surrogates, repeated keys) and its writer spells
numbers and escapes otherwise. What does not belong here: what a field may hold (`contract`).
"""

import json
import math
import re
import sys
from collections import Counter
from decimal import Decimal
from typing import Any

MAX_NESTING = 1023
"""Levels of arrays and objects with something in them: the engine's parser goes no deeper."""

_FEW_BRACKETS = 256
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|\[\s*\]|\{\s*\}|[\[\]{}]')
_ESCAPED = re.compile('["\\\\\x00-\x1f\u2028\u2029]')
_SMALL = re.compile(r"-?[0-9.]+[eE]-0*[1-9][0-9]{2}|-?0\.0{300}")
_NOTHING = object()
_SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class InexactNumber(float):
    """A number that a double may not keep: it has more digits than every double keeps, or is so small that it may be read as zero.

    Attributes:
        text: as it is written.
    """

    def __new__(cls, text: str) -> "InexactNumber":
        """The double that is next to it."""
        number = super().__new__(cls, text)
        number.text = text
        return number

    text: str


class JsonObject(dict[str, Any]):
    """A JSON object that still has its pairs as they stood, repeated keys included."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs

    def repeated(self) -> set[str]:
        """The keys that stand in it more than once."""
        if len(self) == len(self.pairs):
            return set()
        return {key for key, times in Counter(key for key, _ in self.pairs).items() if times > 1}


def parse(line: bytes) -> Any:
    """The JSON value of a line: objects as `JsonObject`, integers beyond 64 bits as the string of their digits.

    Raises:
        ValueError: the line is no JSON, or nested too deep.
    """
    text = line.removeprefix(b"\xef\xbb\xbf").decode()
    if text.count("[") + text.count("{") > _FEW_BRACKETS:
        if _nesting(text) > MAX_NESTING:
            raise ValueError("nested too deep")
        # before 3.12, Python's parser counts its levels as calls: without this it ends before the engine's does
        sys.setrecursionlimit(max(sys.getrecursionlimit(), 4 * MAX_NESTING))
    try:
        value = json.loads(text, object_pairs_hook=JsonObject, parse_int=_integer, parse_float=_double, parse_constant=_no_number)
        if "\\u" in text:
            compact(value).encode()  # fails on a lone surrogate
    except RecursionError:
        raise ValueError("nested too deep") from None
    return value


def compact(value: Any) -> str:
    """JSON text without spaces, byte for byte as the engine writes it. However deep the value: no call is nested."""
    parts: list[str] = []
    waiting: list[tuple[str, Any]] = [("", value)]  # a text to be written, and the value behind it
    while waiting:
        text, value = waiting.pop()
        parts.append(text)
        if isinstance(value, dict):
            pairs = value.pairs if isinstance(value, JsonObject) else list(value.items())
            members = [(f"{',' if place else '{'}{_quoted(key)}:", item) for place, (key, item) in enumerate(pairs)]
            waiting += [("}" if members else "{}", _NOTHING), *reversed(members)]
        elif isinstance(value, list):
            members = [("," if place else "[", item) for place, item in enumerate(value)]
            waiting += [("]" if members else "[]", _NOTHING), *reversed(members)]
        elif value is not _NOTHING:
            parts.append(_scalar(value))
    return "".join(parts)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _quoted(value)
    return _shortest(value) if isinstance(value, float) else json.dumps(value)


def _quoted(text: str) -> str:
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _nesting(text: str) -> int:
    depth = deepest = 0
    for found in _BRACKETS.findall(text):
        depth += (found in ("[", "{")) - (found in ("]", "}"))
        deepest = max(deepest, depth)
    return deepest


def _integer(text: str) -> int | str:
    return int(text) if len(text) <= 20 and -(2**63) <= int(text) < 2**64 else text


def _double(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text} is beyond a double")
    return InexactNumber(text) if _is_inexact(text) else value


def _is_inexact(text: str) -> bool:
    digits = re.split("[eE]", text)[0].replace(".", "").strip("-0")
    return len(digits) > sys.float_info.dig or (bool(digits) and _SMALL.match(text) is not None)


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no JSON")


def _escape(found: re.Match[str]) -> str:
    return _SHORT_ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04X}".replace("\\U", "\\u")


def _shortest(value: float) -> str:
    """A double in the fewest digits, with an exponent only below 1e-6 and from 1e21 on: 1.0 is 1, 1e22 is 1e22."""
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    figures = "".join(map(str, digits)).lstrip("0")
    assert isinstance(exponent, int)
    point = len(figures) + exponent
    figures = figures.rstrip("0")
    if not figures:
        text = "0"
    elif not -6 < point <= 21:
        text = f"{figures[0]}{'.' if figures[1:] else ''}{figures[1:]}e{point - 1}"
    elif point <= 0:
        text = f"0.{'0' * -point}{figures}"
    else:
        text = figures[:point].ljust(point, "0") + (f".{figures[point:]}" if figures[point:] else "")
    return f"-{text}" if sign else text
