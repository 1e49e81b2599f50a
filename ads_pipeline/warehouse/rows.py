"""Rows of bookkeeping as text that the engine reads: one JSON array a line (`JSONCompactEachRow`)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

_LARGEST = (1 << 63) - 1
"""A JSON number beyond it is written as a string, which the engine reads as well."""

_ENCODER = msgspec.json.Encoder()


def encode_rows(rows: Sequence[Sequence[Any]]) -> bytes:
    """Rows of texts, whole numbers, flags, days, moments (aware of their time zone), and lists or tuples of these."""
    return _ENCODER.encode_lines([[_plain(value) for value in row] for row in rows])


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        case int() if abs(value) > _LARGEST:
            return str(value)
        case list() | tuple():
            return [_plain(item) for item in value]
    return value
