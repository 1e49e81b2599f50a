"""A database of a real server for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines import NO_SERVER, drop_databases, server, use_database
from tests.servers import Server, find_binary

__all__ = ["server"]


@pytest.fixture
def database(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The server, with settings and commands meaning a new database of it."""
    use_database(server, monkeypatch)
    yield server
    drop_databases(server)


@pytest.fixture
def own_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server for one test alone."""
    if not find_binary():
        pytest.skip(NO_SERVER)
    server = Server(tmp_path / "server").start().wait()
    use_database(server, monkeypatch)
    yield server
    server.kill()
