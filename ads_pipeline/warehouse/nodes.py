"""The nodes of a cluster: which there are, which of them answer, and the connections to each."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from ads_pipeline.errors import EngineError, SettingsError, TransientError
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.faults import NO_PORT
from ads_pipeline.warehouse.migrations import table_exists
from ads_pipeline.warehouse.server import SERVER_PINNED, Address, ServerConnection, connected
from ads_pipeline.warehouse.statements import Dialect, Name, Sql, statement

log = logging.getLogger(__name__)

# What the promises rest on besides: where rows of a batch go, whom reads ask, how long a node that is away is waited for.
CLUSTER_PINNED: dict[str, Any] = SERVER_PINNED | {
    "alter_sync": 0,  # `sync` waits instead, for all tables at once and for no node that is away
    "distributed_ddl_output_mode": "null_status_on_timeout",
    "distributed_ddl_task_timeout": 15,
    "distributed_foreground_insert": 1,
    "distributed_product_mode": "local",
    "distributed_replica_error_cap": 0,
    "fallback_to_stale_replicas_for_distributed_queries": 0,
    "insert_quorum_timeout": 20_000,
    "load_balancing": "in_order",
    "max_replica_delay_for_distributed_queries": 1,
    "parallel_distributed_insert_select": 0,  # 25.7 and later insert into the shard that they read: rows would not go where they belong
}

SYNC_SECONDS = 30
"""How long a node may take to get what its other replicas have."""


class NodeConnection(ServerConnection):
    """A connection to one node."""

    pinned = CLUSTER_PINNED


class Node:
    """One node that answers, with its connections: to the shard's own tables, to the whole, and for the lease alone."""

    def __init__(self, shard: int, replica: int, address: Address, settings: Settings) -> None:
        self.shard, self.replica, self.address = shard, replica, address
        self.whole, self.local, self.watch = (connected(NodeConnection, settings, [address]) for _ in range(3))
        self.local.database = local_database(settings)
        for connection in self.connections:
            connection.dialect = dialect_of(settings)
        self.watch.limit({"receive_timeout": SYNC_SECONDS})

    @property
    def connections(self) -> tuple[ServerConnection, ...]:
        """All of them."""
        return self.whole, self.local, self.watch

    def enter(self) -> None:
        """Let the connections mean their databases, where there are any."""
        for connection in self.connections:
            connection.enter(create=False)

    def expect(self, of_shard: int, of_all: int) -> None:
        """Have inserts acknowledged by so many nodes: of the shard, and of the cluster for what every node has."""
        self.local.limit({"insert_quorum": of_shard if of_shard > 1 else 0})
        for connection in (self.whole, self.watch):
            connection.limit({"insert_quorum": of_all if of_all > 1 else 0})

    def close(self) -> None:
        """Close the connections."""
        for connection in self.connections:
            connection.close()


def local_database(settings: Settings) -> str:
    """The database of a shard's own tables."""
    return f"{settings.database}_local"


def dialect_of(settings: Settings) -> Dialect:
    """DDL for every node; shards' tables at the servers' default path, those that every node has at one of their own."""
    return Dialect(
        on_cluster=statement("cluster/on_cluster", cluster=Name(settings.cluster)),
        replicated=Sql("Replicated"),
        everywhere=Sql("'/clickhouse/tables/{uuid}/everywhere', '{shard}-{replica}', "),
    )


def find_nodes(settings: Settings, candidates: Sequence[Address]) -> list[Node]:
    """The nodes of the cluster that answer and have the tables, in the order of shards and replicas.

    Raises:
        SettingsError: there is no such cluster, or it is not set up for replicated tables.
        TransientError: no node of a shard answers.
    """
    with connected(ServerConnection, settings, candidates) as entry:
        rows = entry.rows(statement("cluster/nodes"), cluster=settings.cluster)
        if not rows:
            known = ", ".join(entry.column(statement("cluster/names")))
            raise SettingsError(f"ADS_CLUSTER is {settings.cluster!r}, which {entry.address} does not know; it knows: {known}")
        if not all(row["internal_replication"] for row in rows):
            raise SettingsError(
                f"cluster {settings.cluster} has shards without internal_replication: set it in the servers' remote_servers"
            )
        ports = _ports(entry, settings)

    def node(place: int, row: dict[str, Any]) -> Node | None:
        if place not in ports:
            return None
        try:
            return Node(row["shard"], row["replica"], replace(entry.address, host=row["host"], port=ports[place]), settings)
        except TransientError as error:
            log.warning("left out: %s", error)
            return None

    with ThreadPoolExecutor(len(rows)) as threads:
        nodes = [found for found in threads.map(node, range(1, len(rows) + 1), rows) if found]
    for found in nodes:
        found.enter()
    filled = [found for found in nodes if table_exists(found.local, "events")]
    nodes = filled or nodes
    if missing := sorted({row["shard"] for row in rows} - {found.shard for found in nodes}):
        raise TransientError(f"no node of shard {missing[0]} of cluster {settings.cluster} answers")
    for found in nodes:
        found.expect(sum(other.shard == found.shard for other in nodes), len(nodes))
    return nodes


def _ports(entry: ServerConnection, settings: Settings) -> dict[int, int]:
    interface = "https_port" if entry.address.secure else "http_port"
    try:
        rows = entry.rows(statement("cluster/ports", cluster=Name(settings.cluster)), interface=interface)
    except EngineError as error:
        if error.code == NO_PORT:
            raise SettingsError(
                f"the nodes of cluster {settings.cluster} have no {interface}, by which the DSN reaches {entry.address}"
            ) from error
        raise
    return {row["place"]: row["port"] for row in rows}
