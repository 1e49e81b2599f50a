"""Nodes of a cluster that answer but take no part, one sentence each with reason and remedy.

Statements ON CLUSTER wait in vain for such a node, and inserts for its replica: the engine says only that too few replicas are alive.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ads_pipeline.warehouse.connection import Connection
from ads_pipeline.warehouse.statements import Name, statement

PATIENCE = 20
"""Seconds within which a node should execute a statement ON CLUSTER."""


def find_faults(connection: Connection, cluster: str) -> list[str]:
    """The sentences; none when every node that answers takes part."""
    nodes = connection.rows(statement("cluster/nodes"), cluster=cluster)
    own = {row["place"]: row["own"] for row in connection.rows(statement("cluster/own_places", cluster=Name(cluster)), cluster=cluster)}
    macros = {row["place"]: row for row in connection.rows(statement("cluster/macros", cluster=Name(cluster)))}
    executed = {
        (row["host"], row["port"]): row for row in connection.rows(statement("cluster/executed"), cluster=cluster, seconds=PATIENCE)
    }
    answering = [{**row, "place": place, "name": name_of(row)} for place, row in enumerate(nodes, 1) if place in own]
    return [
        *_without_part(answering, own, executed),
        *_with_wrong_macros(answering, macros, cluster),
    ]


def name_of(node: Mapping[str, Any]) -> str:
    """A node's name for people: as it stands in the cluster's configuration."""
    return f"{node['host']}:{node['port']}"


def _without_part(nodes: Sequence[Mapping[str, Any]], own: Mapping[int, int], executed: Mapping[tuple[str, int], Any]) -> Iterator[str]:
    for node in nodes:
        newest = executed.get((node["host"], node["port"]))
        if newest and newest["finished"] and not newest["error"]:
            continue  # it takes part, whatever addresses it knows
        if not own[node["place"]]:
            yield (
                f"{node['name']} does not recognise {node['name']} as its own address and executes no statement ON CLUSTER: "
                "in remote_servers of every server, give its own host name and its tcp_port"
            )
        elif newest and newest["finished"]:
            yield f"{node['name']} failed to execute the newest statement ON CLUSTER: {newest['error']}"
        elif newest:
            yield (
                f"{node['name']} has not executed a statement ON CLUSTER of {newest['since']:%Y-%m-%d %H:%M:%S} UTC: "
                "give it the same <zookeeper> and <distributed_ddl> as the other servers, and see its log"
            )


def _with_wrong_macros(nodes: Sequence[Mapping[str, Any]], macros: Mapping[int, Mapping[str, Any]], cluster: str) -> Iterator[str]:
    replicas: dict[tuple[str, str], str] = {}
    shards: dict[str, Mapping[str, Any]] = {}
    for node in nodes:
        found = macros.get(node["place"])
        if not found or not found["shard"] or not found["replica"]:
            yield f"{node['name']} lacks the macro {{shard}} or {{replica}}: set both in <macros> of its configuration"
            continue
        pair = found["shard"], found["replica"]
        first = shards.setdefault(found["shard"], node)
        if twin := replicas.get(pair):
            yield (
                f"{node['name']} has the macros {{shard}} {pair[0]!r} and {{replica}} {pair[1]!r} of {twin}: "
                "two replicas have the same name; give it its own in <macros>"
            )
        elif first["shard"] != node["shard"]:
            yield (
                f"{node['name']} is in shard {node['shard']} of cluster {cluster} but has the macro {{shard}} {pair[0]!r} of "
                f"{first['name']}, which is in shard {first['shard']}: set the macro of its own shard in <macros>"
            )
        replicas.setdefault(pair, node["name"])
