"""A database of a real server for every test."""

from collections.abc import Iterator

import pytest

from tests.engines import drop_databases, server, use_database
from tests.servers import Server

__all__ = ["server"]


@pytest.fixture
def database(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The server, with settings and commands meaning a new database of it."""
    use_database(server, monkeypatch)
    yield server
    drop_databases(server)
