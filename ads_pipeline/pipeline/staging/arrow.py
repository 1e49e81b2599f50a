"""A Parquet, ORC or Arrow file as an Arrow stream, some rows at a time, in types that every release reads alike.

A server is sent all three so; chDB reads Parquet in place, and a stream that is made of the others.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import orc

from ads_pipeline.errors import DropError
from ads_pipeline.pipeline.staging.bounds import check_names
from ads_pipeline.pipeline.staging.items import reason_of, structure_of
from ads_pipeline.pipeline.staging.sent_types import OF_NANOSECONDS, has_times, is_beyond, sent, sent_type, uuid_text
from ads_pipeline.warehouse.http import HttpConnection
from ads_pipeline.warehouse.statements import statement

ROWS = 65_536
"""Rows sent at a time: a server would hold a whole Parquet body in memory."""

CONTINUED, ENDED = b"\xff" * 4, bytes(4)
"""What a message of an Arrow stream begins with; the last bytes of a stream that is complete."""


@dataclass(frozen=True, slots=True)
class Content:
    """The rows of a file; the columns in `uuids` hold sixteen bytes each."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    uuids: frozenset[str]


@contextmanager
def blaming_drop() -> Iterator[None]:
    """Tell damage to a file as a DropError; an OSError with errno is the machine's, and stays."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise DropError(reason_of(error, remedy="")) from error


def arrow_schema(path: Path, form: str) -> pa.Schema:
    """The columns of the stream of a file: it is read once for them if there are times in it.

    Args:
        form: `parquet`, `orc` or `arrow`.

    Raises:
        DropError, pa.ArrowException, OSError: the file is damaged, or has a type that cannot be sent.
    """
    with opened_table(path, form) as content:
        check_names(content.schema.names)
        beyond = _beyond(path, form, content.schema)
        return pa.schema(
            [
                field.with_type(pa.string() if field.name in content.uuids else sent_type(field.type, times_as_text=field.name in beyond))
                for field in content.schema
            ]
        )


def arrow_stream(path: Path, form: str, schema: pa.Schema) -> Iterator[bytes]:
    """The pieces of the stream, with the columns of `arrow_schema`.

    Raises:
        DropError, pa.ArrowException, OSError: the file is damaged.
    """
    buffer = BytesIO()
    with opened_table(path, form) as content, pa.ipc.new_stream(buffer, schema) as stream:
        for batch in content.batches:
            columns = [
                uuid_text(column) if field.name in content.uuids else sent(column, field.type)
                for field, column in zip(schema, batch.columns, strict=True)
            ]
            stream.write_batch(pa.record_batch(columns, schema))
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _beyond(path: Path, form: str, schema: pa.Schema) -> frozenset[str]:
    """Columns with a time that older releases would change."""
    names = [field.name for field in schema if has_times(field.type)]
    if not names:
        return frozenset()
    with opened_table(path, form, None if "." in "".join(names) else names) as content:  # a point may stand for a part of a column
        found = frozenset[str]()
        for batch in content.batches:
            rest = set(batch.schema.names) - found
            found |= {name for name, column in zip(batch.schema.names, batch.columns, strict=True) if name in rest and is_beyond(column)}
        return found


@contextmanager
def _parquet(path: Path, names: Sequence[str] | None) -> Iterator[Content]:
    with pq.ParquetFile(path) as file:
        columns = [file.schema.column(place) for place in range(len(file.schema))]
        _check_int96(path, [column.path for column in columns if column.physical_type == "INT96"])
        uuids = frozenset(column.name for column in columns if column.logical_type.type == "UUID")
        yield Content(file.schema_arrow, file.iter_batches(ROWS, columns=names), uuids)


def _check_int96(path: Path, names: Sequence[str]) -> None:
    """Times of 96 bits, as Spark writes them, are read as nanoseconds: those beyond 1677 to 2262 would become others without a word."""
    if not names:
        return
    with pq.ParquetFile(path, coerce_int96_timestamp_unit="us") as file:
        for batch in file.iter_batches(ROWS, columns=names):
            for column in batch.columns:
                if is_beyond(column, *OF_NANOSECONDS):
                    raise DropError(f"a time of 96 bits (INT96) in {', '.join(names)} is before 1678 or after 2261: write it as TIMESTAMP")


@contextmanager
def _orc(path: Path, names: Sequence[str] | None) -> Iterator[Content]:
    with path.open("rb") as opened:
        file = orc.ORCFile(opened)
        stripes = (file.read_stripe(number, columns=names) for number in range(file.nstripes))
        yield Content(file.schema, _cut(stripes), frozenset())


@contextmanager
def _arrow(path: Path, names: Sequence[str] | None) -> Iterator[Content]:
    """An Arrow file (Feather version 2 is one), or a stream that stands in a file."""
    with ExitStack() as stack:
        opened = stack.enter_context(pa.OSFile(str(path)))
        if opened.read(6) == b"ARROW1":
            file = stack.enter_context(pa.ipc.open_file(opened))
            if names is not None:
                options = pa.ipc.IpcReadOptions(included_fields=[place for place, name in enumerate(file.schema.names) if name in names])
                file = stack.enter_context(pa.ipc.open_file(opened, options=options))
            schema, found = file.schema, map(file.get_batch, range(file.num_record_batches))
        else:
            _check_end_of_stream(opened)
            stream = stack.enter_context(pa.ipc.open_stream(opened))
            schema, found = stream.schema, iter(stream)
        yield Content(schema, _cut(map(_validated, found)), frozenset(field.name for field in schema if field.type == pa.uuid()))


_OPENED = {"parquet": _parquet, "orc": _orc, "arrow": _arrow}


def opened_table(path: Path, form: str, names: Sequence[str] | None = None) -> AbstractContextManager[Content]:
    """A file without compression, open to be read; see `arrow_stream`.

    Args:
        names: the columns that are needed; None: all. Others may be read too.
    """
    return _OPENED[form](path, names)


def _check_end_of_stream(file: pa.OSFile) -> None:
    """A look at the end of a stream, which pyarrow reads as a shorter one where it is truncated; then go to its beginning.

    Its messages begin with four bytes of ones, and so does the mark of its end, except in streams of old (before Arrow 0.15).
    """
    file.seek(0)
    ended = CONTINUED + ENDED if file.read(len(CONTINUED)) == CONTINUED else ENDED
    file.seek(max(0, file.size() - len(ended)))
    if file.read() != ended:
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


def arrow_structure(parser: HttpConnection, schema: pa.Schema) -> str:
    """The columns of a stream in the engine's notation."""
    buffer = BytesIO()
    pa.ipc.new_stream(buffer, schema).close()
    columns = parser.rows(statement("ingest/arrow_schema"), schema=buffer.getvalue().hex())
    return structure_of((column["name"], column["type"]) for column in columns)
