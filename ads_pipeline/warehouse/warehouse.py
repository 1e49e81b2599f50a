"""An open database, as the pipeline uses it: its connections, where its data is, and the right to write."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from queue import SimpleQueue
from typing import IO, Any, Self, TypeVar

from ads_pipeline.warehouse.connection import Connection, FileTable
from ads_pipeline.warehouse.statements import Sql
from ads_pipeline.warehouse.topology import SingleEngine, Topology
from ads_pipeline.warehouse.writer import Writer

T = TypeVar("T")


class Warehouse:
    """An open database; statements mean the whole of it.

    Use it as a context manager, for as short as possible: there is one writer at a time, and an embedded
    folder serves one process at a time.

    Args:
        topology: where the data is, and the connections.
        writer: the right to write; None when it was opened for reading.
    """

    def __init__(self, topology: Topology, writer: Writer | None = None) -> None:
        self.topology, self.writer = topology, writer
        self._parts = dict[Connection, Warehouse]()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the right to write back and close all connections."""
        if self.writer:
            self.writer.release()
            self.writer = None
        self.topology.close()

    @property
    def connection(self) -> Connection:
        """The connection whose statements mean the whole. Do not keep it: after `quiesce` it may be another."""
        return self.topology.whole

    @property
    def shards(self) -> "Sequence[Warehouse]":
        """Each shard as a warehouse of its own, the same object each time: statements mean its part of the events and rollups."""
        return [self._of(connection) for connection in self.topology.shards]

    @property
    def ddl(self) -> "Warehouse":
        """Runs DDL of the shards' own tables, for all shards."""
        return self._of(self.topology.ddl)

    def _of(self, connection: Connection) -> "Warehouse":
        if connection is self.connection:
            return self
        return self._parts.setdefault(connection, Warehouse(SingleEngine(connection), self.writer))

    @property
    def writes(self) -> bool:
        """Whether this run has the right to write."""
        return self.writer is not None

    def confirm(self) -> None:
        """Make sure that this run may write at this moment, before what no fence can hold back; see `Writer`."""
        if self.writer:
            self.writer.confirm()

    def quiesce(self) -> None:
        """Make sure that no statement of this writer or an earlier one still runs, whatever became of its caller; see `Topology`."""
        if self.writer:
            self.topology.quiesce(self.writer)

    def next_revision(self) -> int:
        """The next revision for rows of bookkeeping; see `Writer`."""
        assert self.writer, "opened for reading"
        return self.writer.next_revision()

    def sync(self) -> None:
        """Wait until whoever reads, from whichever node, sees what has been written."""
        self.topology.sync()

    def now(self) -> datetime:
        """The present moment by the engine's clock, the one clock that decides what is late, expired or in the future; in UTC."""
        return self.connection.now()

    @contextmanager
    def tagged(self, **tags: Any) -> Iterator[None]:
        """Within it, statements carry these words (asset, batch, run) in their `log_comment`; empty ones are left out."""
        before = self.connection.tags
        self._tag(before | {key: value for key, value in tags.items() if value})
        try:
            yield
        finally:
            self._tag(before)

    def _tag(self, tags: dict[str, Any]) -> None:
        for connection in self.topology.all_connections:
            connection.tag(tags)

    def run(self, sql: Sql, **parameters: Any) -> None:
        """See `Connection.run`."""
        self.connection.run(sql, **parameters)

    def rows(self, sql: Sql, **parameters: Any) -> list[dict[str, Any]]:
        """See `Connection.rows`."""
        return self.connection.rows(sql, **parameters)

    def column(self, sql: Sql, **parameters: Any) -> list[Any]:
        """See `Connection.column`."""
        return self.connection.column(sql, **parameters)

    def value(self, sql: Sql, **parameters: Any) -> Any:
        """See `Connection.value`."""
        return self.connection.value(sql, **parameters)

    def frame(self, sql: Sql, **parameters: Any) -> Any:
        """See `Connection.frame`."""
        return self.connection.frame(sql, **parameters)

    def raw(self, sql: Sql, output_format: str, **parameters: Any) -> bytes:
        """See `Connection.raw`."""
        return self.connection.raw(sql, output_format, **parameters)

    def raw_with(self, file: FileTable, sql: Sql, output_format: str, **parameters: Any) -> bytes:
        """See `Connection.raw_with`."""
        return self.connection.raw_with(file, sql, output_format, **parameters)

    def write(self, sql: Sql, output_format: str, file: IO[bytes], **parameters: Any) -> None:
        """See `Connection.write`."""
        self.connection.write(sql, output_format, file, **parameters)

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """See `Connection.insert`."""
        self.connection.insert(table, columns, rows)

    def has_table(self, table: str) -> bool:
        """See `Connection.has_table`."""
        return self.connection.has_table(table)


def on_shards(warehouse: Warehouse, call: Callable[[Warehouse], T]) -> list[T]:
    """A call for each shard, side by side; the results in the order of the shards."""
    shards = warehouse.shards
    if len(shards) == 1:
        return [call(shards[0])]
    with ThreadPoolExecutor(len(shards)) as threads:
        return list(threads.map(call, shards))


def side_by_side(warehouse: Warehouse, calls: Sequence[Callable[[Warehouse], T]]) -> list[T]:
    """The results of calls for one engine, two of which run at a time; each call has a warehouse whose statements wait for no other.

    For statements of which one thread does a part alone, while the other processors wait.
    """
    if len(calls) == 1:
        return [calls[0](warehouse)]
    places = SimpleQueue[Warehouse]()

    def run(call: Callable[[Warehouse], T]) -> T:
        place = places.get()
        try:
            return call(place)
        finally:
            places.put(place)

    with warehouse.connection.beside() as another:
        for place in (warehouse, Warehouse(SingleEngine(another), warehouse.writer)):
            places.put(place)
        with ThreadPoolExecutor(places.qsize()) as threads:
            try:
                return list(threads.map(run, calls))
            except KeyboardInterrupt:
                warehouse.quiesce()  # a server ends the statements, for which the threads wait
                raise
