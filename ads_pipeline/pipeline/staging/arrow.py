"""A Parquet, ORC or Arrow file as an Arrow stream, some rows at a time, in types that every release reads alike.

A server is sent all three so; chDB reads Parquet in place, and a stream that is made of the others.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import orc

from ads_pipeline.errors import DropError
from ads_pipeline.pipeline.staging.items import structure_of
from ads_pipeline.warehouse.http import HttpConnection
from ads_pipeline.warehouse.statements import statement

ROWS = 65_536
"""Rows sent at a time: a server would hold a whole Parquet body in memory."""

ENDED = bytes(4)
"""The last bytes of an Arrow stream that is complete."""


@dataclass(frozen=True, slots=True)
class Content:
    """The rows of a file; the columns in `uuids` hold sixteen bytes each."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    uuids: frozenset[str]


def arrow_stream(path: Path, form: str, *, schema_only: bool = False) -> Iterator[bytes]:
    """The pieces of the stream.

    Args:
        form: `parquet`, `orc` or `arrow`.

    Raises:
        DropError, pa.ArrowException, OSError: the file is damaged, or has a type that cannot be sent.
    """
    with opened_table(path, form) as content:
        schema = pa.schema([field.with_type(pa.string() if field.name in content.uuids else _sent(field.type)) for field in content.schema])
        buffer = BytesIO()
        with pa.ipc.new_stream(buffer, schema) as stream:
            for batch in [] if schema_only else content.batches:
                columns = [
                    _uuid_text(column) if field.name in content.uuids else column.cast(field.type)
                    for field, column in zip(schema, batch.columns, strict=True)
                ]
                stream.write_batch(pa.record_batch(columns, schema))
                yield buffer.getvalue()
                buffer.seek(0)
                buffer.truncate()
        yield buffer.getvalue()


@contextmanager
def _parquet(path: Path) -> Iterator[Content]:
    with pq.ParquetFile(path) as file:
        columns = map(file.schema.column, range(len(file.schema)))
        uuids = frozenset(column.name for column in columns if column.logical_type.type == "UUID")
        yield Content(file.schema_arrow, file.iter_batches(ROWS), uuids)


@contextmanager
def _orc(path: Path) -> Iterator[Content]:
    with path.open("rb") as opened:
        file = orc.ORCFile(opened)
        yield Content(file.schema, _cut(map(file.read_stripe, range(file.nstripes))), frozenset())


@contextmanager
def _arrow(path: Path) -> Iterator[Content]:
    """An Arrow file (Feather version 2 is one), or a stream that stands in a file."""
    with ExitStack() as stack:
        mapped = stack.enter_context(pa.memory_map(str(path)))
        if mapped.read(6) == b"ARROW1":
            file = stack.enter_context(pa.ipc.open_file(mapped))
            schema, found = file.schema, map(file.get_batch, range(file.num_record_batches))
        else:
            _end_of_stream(mapped)
            stream = stack.enter_context(pa.ipc.open_stream(mapped))
            schema, found = stream.schema, iter(stream)
        yield Content(schema, _cut(map(_validated, found)), frozenset(field.name for field in schema if field.type == pa.uuid()))


_OPENED = {"parquet": _parquet, "orc": _orc, "arrow": _arrow}


def opened_table(path: Path, form: str) -> AbstractContextManager[Content]:
    """A file without compression, open to be read; see `arrow_stream`."""
    return _OPENED[form](path)


def _end_of_stream(file: pa.MemoryMappedFile) -> None:
    """Go to the beginning of a stream, after a look at its end: pyarrow reads a truncated one as a shorter one."""
    file.seek(max(0, file.size() - len(ENDED)))
    if file.read() != ENDED:
        raise DropError("it is not an Arrow file, or it is truncated")
    file.seek(0)


def _validated(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch that is safe to read: in a damaged file, places may lie outside of it. Texts need not be UTF-8: the contract judges them."""
    texts = {pa.string(): pa.binary(), pa.large_string(): pa.large_binary()}
    columns = [column.view(texts.get(column.type, column.type)) if column.type in texts else column for column in batch.columns]
    for column in columns:
        column.validate(full=True)
    return pa.record_batch(columns, batch.schema.names)


def _cut(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for start in range(0, batch.num_rows, ROWS):
            yield batch.slice(start, ROWS)


def first_rows(path: Path, form: str, most: int) -> tuple[pa.Schema, list[dict[str, object]]]:
    """The columns of a file and some of its first rows."""
    with opened_table(path, form) as content:
        batch = next(content.batches, None)
        return content.schema, batch.slice(0, most).to_pylist() if batch else []


def arrow_structure(parser: HttpConnection, path: Path, form: str) -> str:
    """The columns of the stream in the engine's notation."""
    schema = b"".join(arrow_stream(path, form, schema_only=True))
    columns = parser.rows(statement("ingest/arrow_schema"), schema=schema.hex())
    return structure_of((column["name"], column["type"]) for column in columns)


_SENT_AS = (
    (pa.string(), (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_null)),
    (pa.binary(), (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view)),
    (pa.float32(), (pa.types.is_float16,)),
)


def _sent(kind: pa.DataType) -> pa.DataType:
    """The type in which a column is sent; 24.10 does not know the types that are changed here."""
    if pa.types.is_dictionary(kind):
        return _sent(kind.value_type)
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_sent(field.type)) for field in kind])
    if pa.types.is_map(kind):
        return pa.map_(_sent(kind.key_type), _sent(kind.item_type))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return pa.list_(_sent(kind.value_type))
    if pa.types.is_timestamp(kind) and kind.tz:
        return pa.timestamp(kind.unit, "UTC")  # the same moment: offsets such as +02:00 are no zones to the engine
    return next((sent for sent, tests in _SENT_AS if any(test(kind) for test in tests)), kind)


def _uuid_text(column: pa.Array) -> pa.Array:
    """Sixteen bytes each, as the usual 36 characters."""
    values = column.storage if isinstance(column, pa.ExtensionArray) else column
    nulls = values.is_null()
    packed = pa.concat_arrays([values.fill_null(bytes(16))]).buffers()[1]
    digits = np.frombuffer(packed.to_pybytes()[values.offset * 16 :][: len(values) * 16].hex().encode(), np.uint8).reshape(-1, 32)
    text = np.insert(digits, [8, 12, 16, 20], ord("-"), axis=1)
    offsets = np.arange(len(values) + 1, dtype=np.int32) * 36
    made = pa.StringArray.from_buffers(len(values), pa.py_buffer(offsets), pa.py_buffer(text.tobytes()))
    return pa.compute.if_else(nulls, pa.scalar(None, pa.string()), made)
