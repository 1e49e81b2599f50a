"""Drops sent to a server: the bytes of a drop, compressed as they are, are the body of an insert.

A large drop has a statement of its own. For a small one, planning that statement would cost more than running it: small drops are
gathered in a table of lines by cheap inserts, and judged together by one statement. Several drops are sent at a time.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from threading import Lock
from typing import Any

from ads_pipeline.errors import DropError, EngineError, MemoryLimitError
from ads_pipeline.pipeline.staging import bucket
from ads_pipeline.pipeline.staging.avro import avro_structure
from ads_pipeline.pipeline.staging.cells import ROOM, csv_columns, csv_names, needs_room, too_wide, with_room
from ads_pipeline.pipeline.staging.formats import Reading
from ads_pipeline.pipeline.staging.items import LARGE, Item
from ads_pipeline.pipeline.staging.table import Staging
from ads_pipeline.warehouse.error_codes import OF_CONTENT
from ads_pipeline.warehouse.http import HttpConnection
from ads_pipeline.warehouse.statements import Sql, statement

GATHERED = 64 << 20
"""Bytes of small drops, as stored, that are judged together."""

SENDERS = 4
"""Drops sent at the same time."""


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
            self._blaming(call, item)
            with self.reporting:
                self.progress(item.entry.drop.size, 1)

        with ThreadPoolExecutor(SENDERS) as senders:
            try:
                list(senders.map(one, items))
            except BaseException:
                senders.shutdown(cancel_futures=True)
                raise

    def _blaming(self, call: Callable[[Item], None], item: Item) -> None:
        try:
            call(item)
        except (EngineError, DropError, OSError) as error:
            self.staging.blame(item, error)

    def _stage_alone(self, item: Item) -> None:
        try:
            self._stage_whole(item)
        except MemoryLimitError:
            if not item.has_short_lines:
                raise
            self.staging.take_back([item])  # thousands of lines are held at a time, and not all are as short as the first ones
            self._stage_whole(replace(item, line_form=None))

    def _stage_whole(self, item: Item) -> None:
        if item.file is None:
            bucket.stage(self.staging, item, next(self.parsers))
            return

        def send(room: int) -> None:
            reading, parser = replace(_reading(item, room), short=item.has_short_lines), next(self.parsers)
            lines = statement("ingest/lines_for_all", lines=reading.lines)
            with self.staging.insert(parser, item.entry.drop.source, [item], lines, reading.settings, reading.body) as (sql, values):
                self._send(parser, sql, item, room, values)

        try:
            with_room(send)
        except EngineError as error:
            if error.code not in OF_CONTENT:
                raise
            self._gather(item.entry.drop.source, [item], ROOM[1:])  # fails again, and names the line

    def _gather(self, source: str, group: Sequence[Item], rooms: Sequence[int] = ROOM) -> None:
        """Gather small drops and judge them together; those with records of more cells than there is room for, again with more."""
        parser, wide = next(self.parsers), list[Item]()
        with self.staging.gathered(parser) as gathered:

            def gather(item: Item) -> None:
                reading = _reading(item, rooms[0])
                sql = statement("ingest/gather", gathered=gathered, lines=reading.lines, reading=reading.settings, body=reading.body)
                try:
                    self._send(parser, sql, item, rooms[0], {"drop_no": item.number})
                except EngineError as error:
                    if not needs_room(error):
                        raise
                    wide.append(item)

            def judge(items: Sequence[Item]) -> None:
                self.staging.judge_gathered(source, items, gathered, parser)

            if rooms == ROOM:
                self._each(gather, group)
            else:
                self._blaming(gather, group[0])
            if whole := [item for item in group if item.entry.drop.name not in self.staging.errors and item not in wide]:
                self.staging.by_halves(whole, judge)
        for item in wide:
            if rooms[1:]:
                self._gather(source, [item], rooms[1:])
            else:
                self.staging.blame(item, DropError(too_wide(rooms[0])))

    def _send(self, parser: HttpConnection, sql: Sql, item: Item, room: int, values: dict[str, Any]) -> None:
        if item.kind in ("parquet", "arrow"):
            _send_table(parser, sql, item, values)
            return
        columns: dict[str, Any] = {}
        if item.kind == "csv":
            columns = csv_columns(csv_names(item), room, item.cells)
        elif item.kind == "avro":
            columns = {"structure": avro_structure(parser, item)}
        with item.path.open("rb") as body:
            parser.send(sql, body, item.form.compression, **columns, **values)


def _send_table(parser: HttpConnection, sql: Sql, item: Item, values: dict[str, Any]) -> None:
    # late: it loads pyarrow, which takes a while, and few drops need it
    from ads_pipeline.pipeline.staging.arrow import arrow_schema, arrow_stream, arrow_structure, blaming_drop

    with blaming_drop():
        schema = arrow_schema(item.path, item.form.name)
        structure = arrow_structure(parser, schema)
        parser.send(sql, arrow_stream(item.path, item.form.name, schema), structure=structure, **values)


def _reading(item: Item, room: int) -> Reading:
    return Reading(item.kind, "body", wide=item.kind == "csv" and room > ROOM[0], cells=item.cells)


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
