"""A Parquet file as the Arrow stream that is sent to a server: some rows at a time, in types that every release reads alike."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ads_pipeline.pipeline.staging.items import structure_of
from ads_pipeline.warehouse.http import HttpConnection
from ads_pipeline.warehouse.statements import statement

ROWS = 65_536
"""Rows sent at a time: a server would hold a whole Parquet body in memory."""


def arrow_stream(path: Path, *, schema_only: bool = False) -> Iterator[bytes]:
    """The pieces of the stream."""
    with pq.ParquetFile(path) as file:
        uuids = {column.name for column in map(file.schema.column, range(len(file.schema))) if column.logical_type.type == "UUID"}
        schema = pa.schema([field.with_type(pa.string() if field.name in uuids else _sent(field.type)) for field in file.schema_arrow])
        buffer = BytesIO()
        with pa.ipc.new_stream(buffer, schema) as stream:
            for batch in [] if schema_only else file.iter_batches(ROWS):
                columns = [
                    _uuid_text(column) if field.name in uuids else column.cast(field.type)
                    for field, column in zip(schema, batch.columns, strict=True)
                ]
                stream.write_batch(pa.record_batch(columns, schema))
                yield buffer.getvalue()
                buffer.seek(0)
                buffer.truncate()
        yield buffer.getvalue()


def arrow_structure(parser: HttpConnection, path: Path) -> str:
    """The columns of the stream in the engine's notation."""
    schema = b"".join(arrow_stream(path, schema_only=True))
    columns = parser.rows(statement("ingest/arrow_schema"), schema=schema.hex())
    return structure_of((column["name"], column["type"]) for column in columns)


def _sent(kind: pa.DataType) -> pa.DataType:
    """The type in which a column is sent; 24.10 does not know the types that are changed here."""
    if pa.types.is_dictionary(kind):
        return _sent(kind.value_type)
    if pa.types.is_string_view(kind) or pa.types.is_null(kind):
        return pa.string()
    if pa.types.is_binary_view(kind):
        return pa.binary()
    if pa.types.is_float16(kind):
        return pa.float32()
    if pa.types.is_timestamp(kind) and kind.tz:
        return pa.timestamp(kind.unit, "UTC")  # the same moment: offsets such as +02:00 are no zones to the engine
    return kind


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
