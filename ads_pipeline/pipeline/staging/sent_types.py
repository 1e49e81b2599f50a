"""The types in which the columns of a table are sent, and their values in these: every release reads them alike.

Dates and times of day are sent as text, and so are times outside of the years that older releases (24.10) know: these would be changed
without a word. A struct that is null is one whose fields are null, and a list or map that is null is empty: older releases have no other.
"""

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

FIRST, END = -2_208_988_800, 10_413_792_000
"""Seconds since 1970 of the times that every release knows: from 1900, and before 2300."""

OF_NANOSECONDS = (-(2**63) // 10**9 + 1, 2**63 // 10**9)
"""The same of times in nanoseconds."""

_UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}

Test = Callable[[pa.DataType], bool]

_LISTS: tuple[Test, ...] = (types.is_list, types.is_large_list, types.is_fixed_size_list, types.is_list_view, types.is_large_list_view)
_TEXTS: tuple[Test, ...] = (
    types.is_string,
    types.is_large_string,
    types.is_string_view,
    types.is_null,
    types.is_date,
    types.is_time,
    lambda kind: kind == pa.uuid(),
)
_SENT_AS: tuple[tuple[pa.DataType, tuple[Test, ...]], ...] = (
    (pa.string(), _TEXTS),
    (pa.binary(), (types.is_binary, types.is_large_binary, types.is_binary_view)),
    (pa.float32(), (types.is_float16,)),
)


def sent_type(kind: pa.DataType, *, times_as_text: bool = False) -> pa.DataType:
    """The type in which a column is sent."""

    def of(part: pa.DataType) -> pa.DataType:
        return sent_type(part, times_as_text=times_as_text)

    if types.is_dictionary(kind) or types.is_run_end_encoded(kind):
        return of(kind.value_type)
    if types.is_struct(kind):
        return pa.struct([pa.field(field.name, of(field.type)) for field in kind])
    if types.is_map(kind):
        return pa.map_(of(kind.key_type), of(kind.item_type))
    if _is_list(kind):
        return pa.list_(of(kind.value_type))
    if types.is_timestamp(kind):
        # the same moment: offsets such as +02:00 are no zones to the engine
        return pa.string() if times_as_text else pa.timestamp(kind.unit, "UTC") if kind.tz else kind
    found = next((sent for sent, tests in _SENT_AS if any(test(kind) for test in tests)), None)
    return found or (of(kind.storage_type) if isinstance(kind, pa.BaseExtensionType) else kind)


def sent(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """The values of a column in the type in which it is sent."""
    column = _unwrapped(column)
    if types.is_nested(kind) and kind.num_fields:
        return _nested(column, kind)
    return _text(column) if types.is_string(kind) else column.cast(kind)


def _unwrapped(column: pa.Array) -> pa.Array:
    """Without what only packs the values: dictionaries, runs, types of extensions."""
    kind = column.type
    if types.is_run_end_encoded(kind):
        return _unwrapped(pc.run_end_decode(column))
    if types.is_dictionary(kind):
        return _unwrapped(column.cast(kind.value_type))
    return _unwrapped(column.storage) if isinstance(kind, pa.BaseExtensionType) and kind != pa.uuid() else column


def _nested(column: pa.Array, kind: pa.DataType) -> pa.Array:
    if types.is_struct(kind):
        parts = [sent(part, field.type) for part, field in zip(column.flatten(), kind, strict=True)]
        return pa.StructArray.from_arrays(parts, fields=list(kind))
    if types.is_map(kind):
        entries = _entries(column)
        keys, items = pc.list_flatten(entries).flatten()
        return pa.MapArray.from_arrays(_offsets(entries), sent(keys, kind.key_type), sent(items, kind.item_type), type=kind)
    return pa.ListArray.from_arrays(_offsets(column), sent(pc.list_flatten(column), kind.value_type), type=kind)


def _text(column: pa.Array) -> pa.Array:
    kind = column.type
    if kind == pa.uuid():
        return uuid_text(column)
    if types.is_timestamp(kind):
        return _time_text(column)
    if types.is_binary(kind) or types.is_large_binary(kind):
        return column.cast(pa.binary()).view(pa.string())  # it need not be UTF-8: the contract judges it
    if types.is_date64(kind):
        column = column.cast(pa.date32(), safe=False)
    return column.cast(pa.string())


def uuid_text(column: pa.Array) -> pa.Array:
    """Sixteen bytes each, as the usual 36 characters."""
    values = column.storage if isinstance(column, pa.ExtensionArray) else column
    nulls = values.is_null()
    filled = values.fill_null(bytes(16))  # a copy only where there are nulls, and a slice of another array otherwise
    packed = memoryview(filled.buffers()[1])[filled.offset * 16 :][: len(filled) * 16] if len(filled) else b""
    digits = np.frombuffer(packed.hex().encode(), np.uint8).reshape(-1, 32)
    text = np.insert(digits, [8, 12, 16, 20], ord("-"), axis=1)
    offsets = np.arange(len(values) + 1, dtype=np.int32) * 36
    made = pa.StringArray.from_buffers(len(values), pa.py_buffer(offsets), pa.py_buffer(text.tobytes()))
    return pc.if_else(nulls, pa.scalar(None, pa.string()), made)


def has_times_of_day(schema: pa.Schema) -> bool:
    """Whether times of day stand in a table, which engines read from Parquet as times in 1970."""
    return any(types.is_time(part) for field in schema for part in parts_of(field.type))


def has_times(kind: pa.DataType) -> bool:
    """Whether times stand in a column of this type, at whatever depth."""
    return any(types.is_timestamp(part) for part in parts_of(kind))


def parts_of(kind: pa.DataType) -> Iterator[pa.DataType]:
    """The types that stand in a type, and it itself."""
    yield kind
    if types.is_dictionary(kind) or types.is_run_end_encoded(kind) or _is_list(kind):
        yield from parts_of(kind.value_type)
    elif types.is_struct(kind) or types.is_map(kind):
        for place in range(kind.num_fields):
            yield from parts_of(kind.field(place).type)


def is_beyond(column: pa.Array, first: int = FIRST, end: int = END) -> bool:
    """Whether a time of a column is outside of those that every release knows."""
    kind = column.type
    if types.is_timestamp(kind):
        ends = pc.min_max(column.cast(pa.int64())).as_py()
        return ends["min"] is not None and (ends["min"] < first * _UNITS[kind.unit] or ends["max"] >= end * _UNITS[kind.unit])
    return has_times(kind) and any(is_beyond(part, first, end) for part in _parts(column))


def _parts(column: pa.Array) -> list[pa.Array]:
    kind = column.type
    if types.is_struct(kind):
        return list(column.flatten())
    if types.is_map(kind):
        return list(pc.list_flatten(_entries(column)).flatten())
    if types.is_dictionary(kind):
        return [column.dictionary]
    return [pc.run_end_decode(column) if types.is_run_end_encoded(kind) else pc.list_flatten(column)]


def _is_list(kind: pa.DataType) -> bool:
    return any(test(kind) for test in _LISTS)


def _offsets(column: pa.Array) -> pa.Array:
    """Where each list begins among the elements of all of them, those of lists that are null left out."""
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    return pa.array(np.concatenate(([0], np.cumsum(lengths))).astype(np.int32), pa.int32())


def _entries(column: pa.Array) -> pa.Array:
    """A map as a list of its pairs."""
    kind = column.type
    return column.cast(pa.list_(pa.struct([pa.field("key", kind.key_type, nullable=False), pa.field("value", kind.item_type)])))


def _time_text(column: pa.Array) -> pa.Array:
    """Times as engines write them: ISO 8601 in UTC."""
    moment = column.cast(pa.timestamp(column.type.unit, "UTC"))
    return pc.replace_substring(moment.cast(pa.string()), " ", "T", max_replacements=1)
