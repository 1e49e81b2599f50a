"""Where the data is: on one engine, or spread over the shards and replicas of a cluster (`cluster`).

Every connection means either the *whole* (what people read, and the bookkeeping) or one shard's own part of the events and
rollups. On a single engine both are the same.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ads_pipeline.warehouse.connection import Connection
from ads_pipeline.warehouse.http import HttpConnection
from ads_pipeline.warehouse.statements import Name, statement
from ads_pipeline.warehouse.writer import Writer


class Topology(Protocol):
    """The engines of a database and the connections to them.

    A cluster may find other nodes in `quiesce` and close the connections that it gave before: ask for one when it is used.
    """

    @property
    def whole(self) -> Connection:
        """The connection whose statements mean the whole."""
        ...

    @property
    def ddl(self) -> Connection:
        """The connection for DDL of the shards' own tables; it takes effect on every shard."""
        ...

    @property
    def shards(self) -> Sequence[Connection]:
        """One connection for each shard, whose statements mean that shard's part."""
        ...

    @property
    def parsers(self) -> Sequence[HttpConnection]:
        """Servers that drops can be sent to; from each, lines reach their shard. None where the engine reads files itself."""
        ...

    @property
    def batch_connections(self) -> Sequence[Connection]:
        """Every connection that statements of a batch run on: shards and parsers."""
        ...

    @property
    def all_connections(self) -> Sequence[Connection]:
        """Every connection to where a run may have left tables, nodes included that no batch works with now."""
        ...

    @property
    def clocks(self) -> Mapping[str, Connection]:
        """What has a clock of its own, by name."""
        ...

    @property
    def nodes_found(self) -> tuple[int, int]:
        """How many nodes answered, and how many there are."""
        ...

    def faults(self) -> list[str]:
        """Nodes that answer but take no part, one sentence each with reason and remedy."""
        ...

    def settings_in_force(self) -> list[dict[str, Any]]:
        """Pinned settings as they are now, and others that change results and cannot be set from here: `node, name, value, is_pinned`."""
        ...

    def expose(self, table: Name) -> None:
        """Make a table of the shards readable as one, by its name, for good. Run again when its columns have changed."""
        ...

    def distribute(self, table: Name, *, writable: bool = False) -> None:
        """Make a batch's table of the shards readable as one, by its name, on every parser.

        Args:
            writable: to write rows too: each goes to the shard of its event id.
        """
        ...

    def sync(self) -> None:
        """Wait until every node sees what has been written."""
        ...

    def quiesce(self, writer: Writer) -> None:
        """See `Writer.quiesce`; afterwards the connections are to the nodes that answer now, and these are in sync."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...


class SingleEngine:
    """One engine, which is the whole and its only shard: there is nothing to distribute or to wait for.

    Args:
        whole: the connection.
        watcher: one more that serves the lease, if there is a lease.
    """

    def __init__(self, whole: Connection, watcher: Connection | None = None) -> None:
        self.whole, self._watcher = whole, watcher

    @property
    def ddl(self) -> Connection:
        """See `Topology`."""
        return self.whole

    @property
    def shards(self) -> Sequence[Connection]:
        """See `Topology`."""
        return (self.whole,)

    @property
    def parsers(self) -> Sequence[HttpConnection]:
        """See `Topology`."""
        return (self.whole,) if isinstance(self.whole, HttpConnection) else ()

    batch_connections = all_connections = shards

    @property
    def clocks(self) -> Mapping[str, Connection]:
        """See `Topology`."""
        return {"the engine": self.whole}

    @property
    def nodes_found(self) -> tuple[int, int]:
        """See `Topology`."""
        return 1, 1

    def faults(self) -> list[str]:
        """See `Topology`."""
        return []

    def settings_in_force(self) -> list[dict[str, Any]]:
        """See `Topology`."""
        return self.whole.rows(statement("queries/settings_in_force"), names=list(self.whole.pins))

    def expose(self, table: Name) -> None:
        """See `Topology`."""

    def distribute(self, table: Name, *, writable: bool = False) -> None:
        """See `Topology`."""

    def sync(self) -> None:
        """See `Topology`."""

    def quiesce(self, writer: Writer) -> None:
        """See `Topology`."""
        writer.quiesce()

    def close(self) -> None:
        """See `Topology`."""
        self.whole.close()
        if self._watcher:
            self._watcher.close()
