"""The engines that tests run on: chDB in this process, and a real server."""

import uuid
from collections.abc import Iterator

import pytest

from tests.servers import Cluster, Server, find_binary

NO_SERVER = "no ClickHouse server: set CLICKHOUSE_BINARY, or put `clickhouse` on the PATH"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server, one for each process of tests."""
    if not find_binary():
        pytest.skip(NO_SERVER)
    server = Server(tmp_path_factory.mktemp("server")).start().wait()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two shards of two replicas with a keeper, one for each process of tests."""
    if not find_binary():
        pytest.skip(NO_SERVER)
    cluster = Cluster(tmp_path_factory.mktemp("cluster")).start()
    yield cluster
    cluster.kill()


@pytest.fixture(params=["chdb", "server", pytest.param("cluster", marks=pytest.mark.slow)])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The engine of this test, as settings and commands find it in the environment."""
    if request.param == "chdb":
        yield "chdb"
        return
    running: Server | Cluster = request.getfixturevalue(request.param)
    use_database(running, monkeypatch)
    yield request.param
    drop_databases(running)


def use_database(running: Server | Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let settings from here on mean a new database of a server or a cluster."""
    monkeypatch.setenv("ADS_CLICKHOUSE_DSN", running.dsn)
    if isinstance(running, Cluster):
        monkeypatch.setenv("ADS_CLUSTER", "ads")
    fresh_database(monkeypatch)


def fresh_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a test with several homes: let settings from here on mean a database that is not there yet, if they mean a server."""
    monkeypatch.setenv("ADS_DATABASE", f"test_{uuid.uuid4().hex[:12]}")


def drop_databases(running: Server | Cluster) -> None:
    """Drop what tests have made."""
    for server in running.nodes.values() if isinstance(running, Cluster) else [running]:
        with server.connect() as client:
            for name in [row[0] for row in client.query("SHOW DATABASES LIKE 'test\\_%'").result_rows]:
                client.command(f"DROP DATABASE IF EXISTS {name} SYNC")
