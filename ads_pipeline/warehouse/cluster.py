"""A cluster of servers: its nodes, each shard's own part of the events, and the whole of them.

Every node has two databases. `ads` is what people read: the bookkeeping, of which every node has all rows, and the events
and rollups of all shards as one (Distributed). `ads_local` holds the shard's own events, rollups and views, and what a
batch works with. Statements name no database, so that one text serves both, and a single server too: which part they
mean is the connection's.

Replicas are alike: an insert is acknowledged by every node of its shard that answers (`insert_quorum`), and a batch is
settled when all of them have what it changed. A node that is away is left out until it answers again.
"""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ads_pipeline.errors import AdsError, EngineError, TransientError
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.client import Warehouse
from ads_pipeline.warehouse.lease import acquire
from ads_pipeline.warehouse.membership import find_faults, name_of
from ads_pipeline.warehouse.migrations import table_exists
from ads_pipeline.warehouse.nodes import CLUSTER_PINNED, Node, dialect_of, find_nodes, local_database
from ads_pipeline.warehouse.server import ServerConnection, ServerWarehouse, addresses
from ads_pipeline.warehouse.statements import NOTHING, Name, Sql, statement

log = logging.getLogger(__name__)


class ClusterWarehouse(ServerWarehouse):
    """An open cluster: its own statements mean the whole, those of `shards` each shard's part.

    Each shard works through its first node that answers, which is also the one that the servers send rows of a batch to.
    """

    pinned = CLUSTER_PINNED

    def __init__(self, settings: Settings, nodes: Sequence[Node]) -> None:
        self.nodes = list(nodes)
        super().__init__(nodes[0].whole._client, settings, database=settings.database, dialect=dialect_of(settings))
        self.address = nodes[0].address

    @property
    def workers(self) -> list[Node]:
        """The node that each shard works through."""
        first: dict[int, Node] = {}
        for node in self.nodes:
            first.setdefault(node.shard, node)
        return list(first.values())

    @property
    def nodes_found(self) -> tuple[int, int]:
        """See `Warehouse.nodes_found`."""
        return len(self.nodes), len(self.rows(statement("cluster/nodes"), cluster=self.settings.cluster))

    def faults(self) -> list[str]:
        """See `Warehouse.faults`."""
        return find_faults(self, self.settings.cluster)

    @property
    def clocks(self) -> Mapping[str, Warehouse]:
        """See `Warehouse.clocks`."""
        return {str(node.address): node.watch for node in self.nodes}

    def settings_in_force(self) -> list[dict[str, Any]]:
        """See `Warehouse.settings_in_force`; as each node works for the others, with what the profile of this user is there."""
        names = [name_of(row) for row in self.rows(statement("cluster/nodes"), cluster=self.settings.cluster)]
        changes = statement("queries/changes_results")
        look = statement("cluster/settings_in_force", cluster=Name(self.settings.cluster), changes_results=changes)
        rows = self.rows(look, pinned=list(self.pins))
        return [row | {"node": names[row["place"] - 1]} for row in rows]

    @property
    def shards(self) -> Sequence[Warehouse]:
        """See `Warehouse.shards`."""
        return [node.local for node in self.workers]

    @property
    def parsers(self) -> Sequence[ServerConnection]:
        """See `Warehouse.parsers`."""
        return [node.whole for node in self.workers]

    @property
    def places(self) -> Sequence[Warehouse]:
        """See `Warehouse.places`."""
        return [*self.shards, *self.parsers]

    @property
    def leftover_places(self) -> Sequence[Warehouse]:
        """See `Warehouse.leftover_places`."""
        return [connection for node in self.nodes for connection in (node.local, node.whole)]

    @property
    def schema(self) -> Warehouse:
        """See `Warehouse.schema`."""
        return self.nodes[0].local

    def _tag(self, tags: dict[str, Any]) -> None:
        super()._tag(tags)
        for node in self.nodes:
            node.local._tag(tags)
            node.whole._tag(tags)

    def expose(self, table: Name) -> None:
        """See `Warehouse.expose`."""
        self.run(statement("cluster/whole", **self._names, table=table))

    def spread(self, table: Name, key: Sql = NOTHING) -> None:
        """See `Warehouse.spread`."""
        for parser in self.parsers:
            parser.run(statement("cluster/spread", **self._names, table=table, key=key))

    @property
    def _names(self) -> dict[str, Name]:
        return {"cluster": Name(self.settings.cluster), "local": Name(local_database(self.settings))}

    def create_databases(self) -> None:
        """Make both databases on every node, and let the connections mean them."""
        for name in (self.settings.database, local_database(self.settings)):
            if not self.value(statement("queries/database_exists"), database=name):
                self.run(statement("migrations/database", database=Name(name)))
        self.enter(create=False)
        for node in self.nodes:
            node.enter()

    def take_lease(self, wait: float | None) -> None:
        """Become the one writer."""
        if not table_exists(self, "leases"):
            self.run(statement("lease/table"))
        lease = acquire([node.watch for node in self.nodes], wait)
        self.hold(lease)
        for node in self.nodes:
            node.local.hold(lease)
            node.whole.hold(lease)

    def quiesce(self) -> None:
        """See `Warehouse.quiesce`; looks anew which nodes answer."""
        if not self.lease:
            return
        known = [node.address for node in self.nodes]
        nodes = find_nodes(self.settings, [*known, *addresses(self.settings.dsn)])
        for node in self.nodes:
            node.close()
        self.nodes, self._client, self.address = nodes, nodes[0].whole._client, nodes[0].address
        self.lease.watch([node.watch for node in nodes])
        for node in nodes:
            node.local.hold(self.lease)
            node.whole.hold(self.lease)
        self._tag(self._tags)
        super().quiesce()
        self.sync()

    def sync(self) -> None:
        """See `Warehouse.sync`."""
        databases = [self.settings.database, local_database(self.settings)]
        with ThreadPoolExecutor(len(self.nodes)) as threads:
            tables = list(threads.map(lambda node: node.watch.rows(statement("cluster/replicated"), databases=databases), self.nodes))
        alive = [(row["database"], row["table"], row["replica_name"]) for rows in tables for row in rows]

        def sync_node(node: Node, rows: list[dict[str, Any]]) -> None:
            for row in rows:
                names = [name for database, table, name in alive if (database, table) == (row["database"], row["table"])]
                self._sync_table(node, row["database"], row["table"], names)

        with ThreadPoolExecutor(len(self.nodes)) as threads:
            list(threads.map(sync_node, self.nodes, tables))

    def _sync_table(self, node: Node, database: str, table: str, alive: list[str]) -> None:
        """What only nodes that are away could give was acknowledged to nobody, and will be loaded again."""
        try:
            node.watch.run(statement("cluster/sync", database=Name(database), table=Name(table)))
        except TransientError as error:
            if node in self.workers and node.watch.value(statement("cluster/lacking"), database=database, table=table, alive=alive):
                raise TransientError(f"{node.address} has not caught up with its replicas yet ({error})") from error
            log.warning("%s lacks parts of %s.%s that no other node has now", node.address, database, table)

    def close(self) -> None:
        """See `Warehouse.close`."""
        super().close()
        for node in self.nodes:
            node.close()


def open_cluster(settings: Settings, *, write: bool, wait: float | None) -> ClusterWarehouse:
    """Connect to the nodes of the cluster that answer; see `open_warehouse`."""
    warehouse = ClusterWarehouse(settings, find_nodes(settings, addresses(settings.dsn)))
    try:
        warehouse.enter(create=False)
        if write:
            warehouse.create_databases()
            warehouse.take_lease(wait)
            warehouse.sync()
    except BaseException as error:
        told = _explained(warehouse, error)
        warehouse.close()
        if told is error:
            raise
        raise told from error
    return warehouse


def _explained(warehouse: ClusterWarehouse, error: BaseException) -> BaseException:
    """An error of the engine with the nodes that take no part, if there are any."""
    if not isinstance(error, TransientError | EngineError):
        return error
    try:
        faults = warehouse.faults()
    except AdsError:
        return error
    return type(error)("; ".join([*faults, f"hence: {error}"])) if faults else error
