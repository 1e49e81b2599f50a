"""A cluster of servers: its nodes, each shard's own part of the events, and the whole of them.

Every node has two databases. `ads` is what people read: the bookkeeping, of which every node has all rows, and the events
and rollups of all shards as one (Distributed). `ads_local` holds the shard's own events, rollups and views, and what a
batch works with. Statements name no database, so that one text serves both, and a single server too: the connection
decides which part they mean.

Replicas are alike: an insert is acknowledged by every node of its shard that answers (`insert_quorum`), and a batch is
settled when all of them have what it changed. A node that is away is left out until it answers again.
"""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ads_pipeline.errors import AdsError, EngineError, TransientError
from ads_pipeline.warehouse.connection import Connection
from ads_pipeline.warehouse.dsn import Address
from ads_pipeline.warehouse.http import HttpConnection
from ads_pipeline.warehouse.membership import find_faults, name_of
from ads_pipeline.warehouse.nodes import Node, Scope, find_nodes
from ads_pipeline.warehouse.statements import Name, statement
from ads_pipeline.warehouse.writer import Writer

log = logging.getLogger(__name__)


class Cluster:
    """The nodes of a cluster that answer; a `Topology`.

    Each shard works through its first node that answers, which is also the one that the servers send rows of a batch to.

    Args:
        scope: the cluster and its database.
        addresses: servers to ask which nodes there are, besides those that are known already.
    """

    def __init__(self, scope: Scope, addresses: Sequence[Address]) -> None:
        self._scope, self._addresses = scope, addresses
        self.nodes = find_nodes(scope, addresses)

    @property
    def workers(self) -> list[Node]:
        """The node that each shard works through."""
        first: dict[int, Node] = {}
        for node in self.nodes:
            first.setdefault(node.shard, node)
        return list(first.values())

    @property
    def whole(self) -> HttpConnection:
        """See `Topology`."""
        return self.nodes[0].whole

    @property
    def ddl(self) -> HttpConnection:
        """See `Topology`."""
        return self.nodes[0].local

    @property
    def shards(self) -> Sequence[HttpConnection]:
        """See `Topology`."""
        return [node.local for node in self.workers]

    @property
    def parsers(self) -> Sequence[HttpConnection]:
        """See `Topology`."""
        return [node.whole for node in self.workers]

    @property
    def batch_connections(self) -> Sequence[HttpConnection]:
        """See `Topology`."""
        return [*self.shards, *self.parsers]

    @property
    def all_connections(self) -> Sequence[HttpConnection]:
        """See `Topology`."""
        return [connection for node in self.nodes for connection in (node.local, node.whole)]

    @property
    def watchers(self) -> Sequence[HttpConnection]:
        """The connections that serve the lease."""
        return [node.watcher for node in self.nodes]

    @property
    def clocks(self) -> Mapping[str, Connection]:
        """See `Topology`."""
        return {str(node.address): node.watcher for node in self.nodes}

    @property
    def nodes_found(self) -> tuple[int, int]:
        """See `Topology`."""
        return len(self.nodes), len(self._members())

    def faults(self) -> list[str]:
        """See `Topology`."""
        return find_faults(self.whole, self._scope.cluster)

    def settings_in_force(self) -> list[dict[str, Any]]:
        """See `Topology`; as each node works for the others, with what the profile of this user is there."""
        names = [name_of(row) for row in self._members()]
        look = statement("cluster/settings_in_force", cluster=Name(self._scope.cluster))
        rows = self.whole.rows(look, pinned=list(self.whole.pins))
        return [row | {"node": names[row["place"] - 1]} for row in rows]

    def _members(self) -> list[dict[str, Any]]:
        """The nodes that the cluster has, whether they answer or not."""
        return self.whole.rows(statement("cluster/nodes"), cluster=self._scope.cluster)

    def expose(self, table: Name) -> None:
        """See `Topology`."""
        self.whole.run(statement("cluster/whole", **self._names, table=table))

    def distribute(self, table: Name, *, writable: bool = False) -> None:
        """See `Topology`."""
        for parser in self.parsers:
            parser.run(statement("cluster/distribute", **self._names, table=table, writable=writable))

    @property
    def _names(self) -> dict[str, Name]:
        return {"cluster": Name(self._scope.cluster), "local": Name(self._scope.local_database)}

    def create_databases(self) -> None:
        """Create both databases on every node, and let the connections use them."""
        for name in (self._scope.database, self._scope.local_database):
            if not self.whole.value(statement("queries/database_exists"), database=name):
                self.whole.run(statement("migrations/database", database=Name(name)))
        for node in self.nodes:
            node.use_databases()

    def quiesce(self, writer: Writer) -> None:
        """See `Topology`."""
        before = self.nodes
        self.nodes = find_nodes(self._scope, [*(node.address for node in before), *self._addresses])
        for connection in self.all_connections:
            connection.continue_for(before[0].whole)
        for node in before:
            node.close()
        writer.quiesce()
        self.sync()

    def sync(self) -> None:
        """See `Topology`."""
        databases = [self._scope.database, self._scope.local_database]
        with ThreadPoolExecutor(len(self.nodes)) as threads:
            tables = list(threads.map(lambda node: node.watcher.rows(statement("cluster/replicated"), databases=databases), self.nodes))
        alive = [(row["database"], row["table"], row["replica_name"]) for rows in tables for row in rows]

        def sync_node(node: Node, rows: list[dict[str, Any]]) -> None:
            for row in rows:
                names = [name for database, table, name in alive if (database, table) == (row["database"], row["table"])]
                self._sync_table(node, row["database"], row["table"], names)

        with ThreadPoolExecutor(len(self.nodes)) as threads:
            list(threads.map(sync_node, self.nodes, tables))

    def _sync_table(self, node: Node, database: str, table: str, alive: list[str]) -> None:
        """Wait until the node has caught up. Rows that only nodes have that are away were never acknowledged: they are loaded again."""
        try:
            node.watcher.run(statement("cluster/sync", database=Name(database), table=Name(table)))
        except TransientError as error:
            if node in self.workers and node.watcher.value(statement("cluster/lacking"), database=database, table=table, alive=alive):
                raise TransientError(f"{node.address} has not caught up with its replicas yet ({error})") from error
            log.warning("%s lacks parts of %s.%s that no other node has now", node.address, database, table)

    def close(self) -> None:
        """See `Topology`."""
        for node in self.nodes:
            node.close()


def explained(cluster: Cluster, error: BaseException) -> BaseException:
    """An error of the engine, with the nodes that take no part if there are any."""
    if not isinstance(error, TransientError | EngineError):
        return error
    try:
        faults = cluster.faults()
    except AdsError:
        return error
    return type(error)("; ".join([*faults, f"hence: {error}"])) if faults else error
