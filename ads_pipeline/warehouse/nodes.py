"""The nodes of a cluster: which there are, which of them answer, and the connections to each."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from ads_pipeline.errors import EngineError, SettingsError, TransientError
from ads_pipeline.warehouse.dsn import Address
from ads_pipeline.warehouse.error_codes import NO_PORT
from ads_pipeline.warehouse.http import HttpConnection, connect_http
from ads_pipeline.warehouse.pins import CLUSTER_PINNED
from ads_pipeline.warehouse.statements import Dialect, Name, Sql, statement

log = logging.getLogger(__name__)

SYNC_SECONDS = 30
"""How long a node may take to get what its other replicas have."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A cluster by its name, the database of the whole on it, and what statements may use of memory (see `Connection.limit_memory`)."""

    cluster: str
    database: str
    memory: int = 0

    @property
    def local_database(self) -> str:
        """The database of a shard's own tables."""
        return f"{self.database}_local"

    @property
    def dialect(self) -> Dialect:
        """DDL for every node; shards' tables at the servers' default path, those that every node has at one of their own."""
        return Dialect(
            on_cluster=statement("cluster/on_cluster", cluster=Name(self.cluster)),
            replicated=Sql("Replicated"),
            everywhere=Sql("'/clickhouse/tables/{uuid}/everywhere', '{shard}-{replica}', "),
        )


class Node:
    """One node that answers, with its connections: to the shard's own tables, to the whole, and one for the lease alone."""

    def __init__(self, shard: int, replica: int, address: Address, scope: Scope) -> None:
        def connect(database: str) -> HttpConnection:
            connection = connect_http([address], database, CLUSTER_PINNED, scope.dialect, logged_as=scope.database)
            connection.limit_memory(scope.memory)
            return connection

        self.shard, self.replica, self.address = shard, replica, address
        self.whole, self.local, self.watcher = connect(scope.database), connect(scope.local_database), connect(scope.database)
        self.watcher.apply_settings({"receive_timeout": SYNC_SECONDS})

    @property
    def connections(self) -> tuple[HttpConnection, ...]:
        """All of them."""
        return self.whole, self.local, self.watcher

    def use_databases(self) -> None:
        """Let statements mean the tables of the databases that exist."""
        for connection in self.connections:
            connection.use_database(create=False)

    def require_acknowledgement(self, of_shard: int, of_all: int) -> None:
        """Have inserts acknowledged by so many nodes: of the shard, and of the cluster for tables that every node has."""
        self.local.apply_settings({"insert_quorum": of_shard if of_shard > 1 else 0})
        for connection in (self.whole, self.watcher):
            connection.apply_settings({"insert_quorum": of_all if of_all > 1 else 0})

    def close(self) -> None:
        """Close the connections."""
        for connection in self.connections:
            connection.close()


def find_nodes(scope: Scope, candidates: Sequence[Address]) -> list[Node]:
    """The nodes of the cluster that answer and have the tables, in the order of shards and replicas.

    Args:
        scope: the cluster and its database.
        candidates: servers to ask which nodes there are; the first that answers is asked.

    Raises:
        SettingsError: the cluster is unknown, or not set up for replicated tables.
        TransientError: no node of a shard answers.
    """
    with connect_http(candidates, scope.database) as entry:
        rows = entry.rows(statement("cluster/nodes"), cluster=scope.cluster)
        if not rows:
            known = ", ".join(entry.column(statement("cluster/names")))
            raise SettingsError(f"ADS_CLUSTER: unknown cluster {scope.cluster!r}; {entry.address} knows: {known}")
        if not all(row["internal_replication"] for row in rows):
            raise SettingsError(f"cluster {scope.cluster} has shards without internal_replication: set it in the servers' remote_servers")
        ports, address = _ports(entry, scope), entry.address

    def connect(position: int, row: dict[str, Any]) -> Node | None:
        if position not in ports:
            return None
        try:
            return Node(row["shard"], row["replica"], replace(address, host=row["host"], port=ports[position]), scope)
        except TransientError as error:
            log.warning("left out: %s", error)
            return None

    with ThreadPoolExecutor(len(rows)) as threads:
        nodes = [found for found in threads.map(connect, range(1, len(rows) + 1), rows) if found]
    for node in nodes:
        node.use_databases()
    nodes = [node for node in nodes if node.local.has_table("events")] or nodes
    if missing := sorted({row["shard"] for row in rows} - {node.shard for node in nodes}):
        raise TransientError(f"no node of shard {missing[0]} of cluster {scope.cluster} answers")
    for node in nodes:
        node.require_acknowledgement(sum(other.shard == node.shard for other in nodes), len(nodes))
    return nodes


def _ports(entry: HttpConnection, scope: Scope) -> dict[int, int]:
    """The HTTP(S) port of each node that answers, by its position in the cluster."""
    interface = "https_port" if entry.address.secure else "http_port"
    try:
        rows = entry.rows(statement("cluster/ports", cluster=Name(scope.cluster)), interface=interface)
    except EngineError as error:
        if error.code == NO_PORT:
            raise SettingsError(
                f"the nodes of cluster {scope.cluster} have no {interface}, which the DSN uses to reach {entry.address}: set one on each"
            ) from error
        raise
    return {row["place"]: row["port"] for row in rows}
