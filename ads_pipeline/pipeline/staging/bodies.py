"""Drops sent to a server: the bytes of a drop, compressed as they are, are the body of an insert.

A large drop has a statement of its own. For a small one, planning that statement would cost more than running it: small drops are
gathered in a table of lines by cheap inserts, and judged together by one statement. Several drops are sent at a time.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from gzip import BadGzipFile
from io import BytesIO
from itertools import cycle
from pathlib import Path
from shutil import copyfileobj
from threading import Lock
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ads_pipeline.errors import DropError, EngineError
from ads_pipeline.landing import open_drop
from ads_pipeline.landing.zstd import ZstdError
from ads_pipeline.pipeline.staging import bucket
from ads_pipeline.pipeline.staging.formats import Reading
from ads_pipeline.pipeline.staging.items import LARGE, Item, csv_structure, structure_of
from ads_pipeline.pipeline.staging.table import Staging
from ads_pipeline.warehouse.http import HttpConnection
from ads_pipeline.warehouse.statements import Sql, statement

GATHERED = 64 << 20
"""Bytes of small drops, as stored, that are judged together."""

SENDERS = 4
"""Drops sent at the same time."""

ARROW_ROWS = 65_536
"""Rows of a Parquet drop sent at a time."""


def stage(staging: Staging, items: Sequence[Item], folder: Path, progress: Callable[[int, int], None]) -> None:
    """Stage drops by sending their local files; one without a local file is read from the bucket."""
    _Sending(staging, folder, progress).stage(items)


class _Sending:
    def __init__(self, staging: Staging, folder: Path, progress: Callable[[int, int], None]) -> None:
        self.staging, self.folder, self.progress = staging, folder, progress
        self.reporting, self.parsers = Lock(), cycle(staging.warehouse.topology.parsers)

    def stage(self, items: Sequence[Item]) -> None:
        alone: list[Item] = []
        small: list[Item] = []
        for item in items:
            is_gathered = item.file and (item.entry.drop.size < LARGE or self.staging.is_counted(item.entry.drop.source))
            (small if is_gathered else alone).append(item)
        self._each(self._stage_alone, alone)
        for source in sorted({item.entry.drop.source for item in small}):
            for group in _cut([item for item in small if item.entry.drop.source == source]):
                self._gather(source, group)

    def _each(self, call: Callable[[Item], None], items: Iterable[Item]) -> None:
        """Call it for each drop, several at a time. A drop that cannot be read is blamed; any other error ends all of it."""

        def one(item: Item) -> None:
            try:
                call(item)
            except (EngineError, DropError, pa.ArrowException, OSError) as error:
                self.staging.blame(item, error)
            with self.reporting:
                self.progress(item.entry.drop.size, 1)

        with ThreadPoolExecutor(SENDERS) as senders:
            try:
                list(senders.map(one, items))
            except BaseException:
                senders.shutdown(cancel_futures=True)
                raise

    def _stage_alone(self, item: Item) -> None:
        if item.file is None:
            bucket.stage(self.staging, item, next(self.parsers))
            return
        with self.staging.chunk() as chunk:
            reading = Reading(item.kind, "body")
            lines = statement("ingest/lines_for_all", lines=reading.lines)
            sql = self.staging.statement(item.entry.drop.source, lines, reading.settings, reading.body)
            self._send(next(self.parsers), sql, item, self.staging.values(chunk))

    def _gather(self, source: str, group: Sequence[Item]) -> None:
        parser = next(self.parsers)
        with self.staging.gathered(parser) as gathered:

            def gather(item: Item) -> None:
                reading = Reading(item.kind, "body")
                sql = statement("ingest/gather", gathered=gathered, lines=reading.lines, reading=reading.settings, body=reading.body)
                self._send(parser, sql, item, {})

            def judge(items: Sequence[Item]) -> None:
                self.staging.judge_gathered(source, items, gathered, parser)

            self._each(gather, group)
            if whole := [item for item in group if item.entry.drop.name not in self.staging.errors]:
                self.staging.by_halves(whole, judge)

    def _send(self, parser: HttpConnection, sql: Sql, item: Item, values: dict[str, Any]) -> None:
        form = item.entry.drop.format
        if form.name == "parquet":
            path = self._plain(item)
            parser.send(sql, _arrow_stream(path), drop_no=item.number, structure=_arrow_structure(parser, path), **values)
            return
        structure = {"structure": f"{csv_structure(item)}, surplus Nullable(String)"} if form.name == "csv" else {}
        with item.path.open("rb") as body:
            parser.send(sql, body, form.compression, drop_no=item.number, **structure, **values)

    def _plain(self, item: Item) -> Path:
        """A Parquet drop's file, decompressed if it is compressed as a whole."""
        if not item.entry.drop.format.compression:
            return item.path
        path = self.folder / f"plain-{item.number}"
        try:
            with open_drop(item.path, item.entry.drop.format) as packed, path.open("wb") as file:
                copyfileobj(packed, file)
        except (EOFError, BadGzipFile, zlib.error, ZstdError) as error:
            raise DropError(f"it cannot be decompressed ({error})") from error
        return path


def _cut(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Small drops in groups of some bytes."""
    group: list[Item] = []
    size = 0
    for item in items:
        group.append(item)
        size += item.entry.drop.size
        if size >= GATHERED:
            yield group
            group, size = [], 0
    if group:
        yield group


def _arrow_stream(path: Path, *, schema_only: bool = False) -> Iterator[bytes]:
    """A Parquet file as an Arrow stream, some rows at a time: a server would hold a whole Parquet body in memory."""
    with pq.ParquetFile(path) as file:
        fields = [field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field for field in file.schema_arrow]
        schema, buffer = pa.schema(fields), BytesIO()
        with pa.ipc.new_stream(buffer, schema) as stream:
            for batch in [] if schema_only else file.iter_batches(ARROW_ROWS):
                stream.write_batch(batch.cast(schema))
                yield buffer.getvalue()
                buffer.seek(0)
                buffer.truncate()
        yield buffer.getvalue()


def _arrow_structure(parser: HttpConnection, path: Path) -> str:
    schema = b"".join(_arrow_stream(path, schema_only=True))
    columns = parser.rows(statement("ingest/arrow_schema"), schema=schema.hex())
    return structure_of((column["name"], column["type"]) for column in columns)
