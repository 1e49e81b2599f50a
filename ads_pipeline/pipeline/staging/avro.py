"""The columns of an Avro drop, in the engine's notation. Its rows are the engine's: no library reads them without a loop in Python."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO

from ads_pipeline.errors import DropError
from ads_pipeline.landing import DAMAGED, open_drop
from ads_pipeline.pipeline.staging.items import Item, structure_of
from ads_pipeline.warehouse.http import HttpConnection
from ads_pipeline.warehouse.statements import statement

LONGEST_HEAD = 1 << 20
"""Bytes of an Avro drop's head: its schema, for the most part."""

_NULLS = re.compile(r"^(Nothing|Nullable\(Nothing\))$")

_TOKEN = re.compile(r"`(?:[^`\\]|\\.)*`|'(?:[^'\\]|\\.)*'|[(),]")
_ELEMENT = re.compile(r"(`(?:[^`\\]|\\.)*`|\S+)\s+(.*)", re.DOTALL)

SYNC = 16
"""Bytes of the marker at the end of the head."""


def avro_structure(parser: HttpConnection, item: Item) -> str:
    """The columns of a drop whose bytes are sent.

    Raises:
        DropError, EngineError: its head cannot be read.
    """
    try:
        with open_drop(item.path, item.form) as file:
            head = avro_head(file)
    except (*DAMAGED, OSError) as error:
        raise DropError(f"it is not an Avro file, or it is truncated ({error})") from error
    return structure_of_avro(parser.rows(statement("ingest/avro_schema"), head=head.hex()))


def structure_of_avro(columns: Iterable[Mapping[str, Any]]) -> str:
    """What the engine says of the columns, in types that it can read: a column of nothing but nulls has none.

    A record that is null is one whose fields are null, on every release: older ones (24.10) would make them 0 and empty texts.
    """
    return structure_of((column["name"], _with_nulls(_NULLS.sub("Nullable(String)", column["type"]))) for column in columns)


def _with_nulls(kind: str, *, is_field: bool = False) -> str:
    """A type whose tuples are not nullable, and their fields are."""
    kind = kind.strip()
    name, opened, rest = kind.partition("(")
    parts = _parts(rest[:-1]) if opened else []
    if name == "Nullable" and parts[0].startswith("Tuple("):
        return _with_nulls(parts[0])
    if name == "Tuple":
        named = (_ELEMENT.fullmatch(part) for part in parts)
        return f"Tuple({', '.join(f'{found[1]} {_with_nulls(found[2], is_field=True)}' for found in named if found)})"
    if name in ("Array", "Map"):
        return f"{name}({', '.join([*parts[:-1], _with_nulls(parts[-1])])})"
    return f"Nullable({kind})" if is_field and name not in ("Nullable", "Variant") else kind


def _parts(text: str) -> list[str]:
    """What stands between the commas of a type's parentheses."""
    found, depth, start = list[str](), 0, 0
    for token in _TOKEN.finditer(text):
        depth += {"(": 1, ")": -1}.get(token[0], 0)
        if token[0] == "," and not depth:
            found.append(text[start : token.start()].strip())
            start = token.end()
    return [*found, text[start:].strip()]


def avro_head(file: BinaryIO) -> bytes:
    """The bytes before the first block of rows.

    Raises:
        ValueError: there is no such head, or it is larger than 1 MiB.
    """
    head = file.read(LONGEST_HEAD)
    if not head.startswith(b"Obj\x01"):
        raise ValueError("it does not begin with `Obj` and version 1")
    try:
        place = 4
        while True:  # the metadata: blocks of pairs, and an empty one
            count, place = _number(head, place)
            if not count:
                break
            if count < 0:
                _, place = _number(head, place)
            for _ in range(2 * abs(count)):
                length, place = _number(head, place)
                place += length
        if len(head) < place + SYNC:
            raise IndexError
    except IndexError:
        raise ValueError("its head ends too early, or is larger than 1 MiB") from None
    return head[: place + SYNC]


def _number(data: bytes, place: int) -> tuple[int, int]:
    """The zigzag number at a place, and the place behind it."""
    found = shift = 0
    while True:
        byte = data[place]
        found |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return (found >> 1) ^ -(found & 1), place
