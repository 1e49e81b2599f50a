"""A warehouse puts connections, topology and the right to write together."""

from types import SimpleNamespace
from typing import Any

import pytest

from ads_pipeline.errors import LeaseLostError
from ads_pipeline.warehouse import cluster as cluster_module
from ads_pipeline.warehouse.cluster import Cluster
from ads_pipeline.warehouse.dsn import Address
from ads_pipeline.warehouse.http import HttpConnection
from ads_pipeline.warehouse.nodes import Scope
from ads_pipeline.warehouse.pins import CLUSTER_PINNED
from ads_pipeline.warehouse.statements import Sql
from ads_pipeline.warehouse.topology import SingleEngine
from ads_pipeline.warehouse.warehouse import Warehouse, on_shards
from tests.unit.clients import FakeClient, FakeGuard


class FakeNode:
    """A node of a cluster whose clients only note what they are asked."""

    def __init__(self, shard: int, replica: int, events: list[str]) -> None:
        self.shard, self.replica, self.address = shard, replica, Address(f"h{shard}{replica}", 8123, secure=False)
        self.clients = {name: FakeClient() for name in ("whole", "local", "watcher")}
        self.whole, self.local, self.watcher = (self._connect(client, name) for name, client in self.clients.items())
        self.events = events

    def _connect(self, client: FakeClient, name: str) -> HttpConnection:
        database = "ads_local" if name == "local" else "ads"
        return HttpConnection(client, self.address, database, CLUSTER_PINNED, None, "ads")  # type: ignore[arg-type]

    def close(self) -> None:
        self.events.append(f"closed {self.address.host}")


class FakeWriter(FakeGuard):
    """The right to write, which notes what it is asked."""

    def __init__(self, events: list[str]) -> None:
        super().__init__(generation=7)
        self.events = events

    def next_revision(self) -> int:
        return 1

    def confirm(self) -> None:
        self.check()

    def quiesce(self) -> None:
        self.events.append("quiesced")

    def release(self) -> None:
        self.events.append("released")


@pytest.fixture
def events() -> list[str]:
    """What happened, in order."""
    return []


@pytest.fixture
def nodes(events: list[str], monkeypatch: pytest.MonkeyPatch) -> list[list[Any]]:
    """The nodes that are found: two shards of two replicas, then without the first one."""
    found = [[FakeNode(shard, replica, events) for shard in (1, 2) for replica in (1, 2)]]
    found.append([FakeNode(shard, replica, events) for shard, replica in ((1, 2), (2, 1), (2, 2))])
    given = iter(found)
    monkeypatch.setattr(cluster_module, "find_nodes", lambda *_: next(given))
    return found


def open_cluster(writer: FakeWriter | None = None) -> Warehouse:
    warehouse = Warehouse(Cluster(Scope("c", "ads"), []), writer)
    if writer:
        for connection in warehouse.topology.all_connections:
            connection.guard_by(writer)
    return warehouse


def test_a_single_engine_is_its_only_shard() -> None:
    client = FakeClient()
    connection = HttpConnection(client, Address("h", 8123, secure=False), "ads", {}, None, "")  # type: ignore[arg-type]
    warehouse = Warehouse(SingleEngine(connection))
    assert [*warehouse.shards, warehouse.ddl] == [warehouse, warehouse]
    assert warehouse.topology.nodes_found == (1, 1)
    warehouse.close()
    assert client.closed


def test_each_shard_works_through_its_first_node(nodes: list[list[Any]]) -> None:
    warehouse = open_cluster()
    on_shards(warehouse, lambda shard: shard.run(Sql("SELECT 1")))
    assert [node.clients["local"].sent for node in nodes[0]] == [["SELECT 1"], [], ["SELECT 1"], []]
    assert [connection.address.host for connection in warehouse.topology.parsers] == ["h11", "h21"]
    assert warehouse.ddl.connection is nodes[0][0].local
    assert warehouse.connection is nodes[0][0].whole
    first = warehouse.shards
    assert {*first} == {*warehouse.shards}, "batches keep sets of shards"


def test_a_shard_confirms_by_the_right_of_the_whole(nodes: list[list[Any]], events: list[str]) -> None:
    writer = FakeWriter(events)
    warehouse = open_cluster(writer)
    writer.lost = True
    with pytest.raises(LeaseLostError):
        warehouse.shards[1].confirm()


def test_quiesce_finds_nodes_anew_and_goes_on_through_them(
    nodes: list[list[Any]], events: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Cluster, "sync", lambda self: events.append(f"synced {len(self.nodes)}"))
    writer = FakeWriter(events)
    warehouse = open_cluster(writer)
    with warehouse.tagged(batch="b1"):
        warehouse.quiesce()
        assert events == ["closed h11", "closed h12", "closed h21", "closed h22", "quiesced", "synced 3"]
        assert [shard.connection for shard in warehouse.shards] == [nodes[1][0].local, nodes[1][1].local]
        for node in nodes[1]:
            for connection in (node.whole, node.local):
                assert connection.tags == {"batch": "b1"}
                assert connection.dialect.fence == Sql("fence_7")
    writer.lost = True
    for shard in warehouse.shards:
        with pytest.raises(LeaseLostError):
            shard.run(Sql("DROP"))


def test_the_right_is_given_back_before_connections_are_closed(nodes: list[list[Any]], events: list[str]) -> None:
    with open_cluster(FakeWriter(events)) as warehouse:
        assert warehouse.writes
    assert events[0] == "released"
    assert len(events) == 5
    assert not warehouse.writes


def test_a_reader_neither_confirms_nor_quiesces(nodes: list[list[Any]], events: list[str]) -> None:
    warehouse = open_cluster()
    warehouse.confirm()
    warehouse.quiesce()
    assert events == []
    with pytest.raises(AssertionError, match="opened for reading"):
        warehouse.next_revision()


def test_tags_are_within_their_block_only(nodes: list[list[Any]]) -> None:
    warehouse = open_cluster()
    with warehouse.tagged(asset="events", run=""):
        assert nodes[0][3].local.tags == {"asset": "events"}
        with warehouse.tagged(batch="b1"):
            assert nodes[0][0].whole.tags == {"asset": "events", "batch": "b1"}
    assert all(connection.tags == {} for connection in warehouse.topology.all_connections)


def test_an_error_of_a_cluster_names_the_nodes_that_take_no_part() -> None:
    from ads_pipeline.errors import EngineError, UsageError
    from ads_pipeline.warehouse.cluster import explained

    faulty = SimpleNamespace(faults=lambda: ["n22 lacks a macro"])
    told = explained(faulty, EngineError("too few replicas"))  # type: ignore[arg-type]
    assert (type(told), str(told)) == (EngineError, "n22 lacks a macro; hence: too few replicas")
    for error in (UsageError("x"), KeyboardInterrupt()):
        assert explained(faulty, error) is error  # type: ignore[arg-type]
