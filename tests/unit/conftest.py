"""No engine in unit tests: a test that opens one fails, also where the error is swallowed or raised in a thread."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from typing import NoReturn

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.httpclient import HttpClient

EMBEDDED = ("chdb", "_chdb", "adbc_driver_chdb")


class _Refusing(MetaPathFinder):
    """Refuses to import chDB, and keeps what was refused in `opened`, its own and that of others."""

    def __init__(self) -> None:
        self.opened: list[str] = []

    def find_spec(self, fullname: str, _path: Sequence[str] | None = None, _target: object = None) -> None:
        if fullname.partition(".")[0] in EMBEDDED:
            self.refuse(f"the import of {fullname}")

    def refuse(self, what: str) -> NoReturn:
        self.opened.append(what)
        raise AssertionError(f"a unit test opens no engine and starts no process: {what}")


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuse chDB, connections to a server, and processes, in which either may be opened."""
    refusing = _Refusing()

    def refuse_client(*_: object, **__: object) -> None:
        refusing.refuse("a ClickHouse client")

    def refuse_process(_: object, args: object, *__: object, **___: object) -> None:
        refusing.refuse(f"the process {args}")

    # engine tests that ran before in this process have imported chDB: modules that hold it are imported anew
    for name in [name for name in sys.modules if name.partition(".")[0] in EMBEDDED or "chdb" in name.rpartition(".")[2]]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [refusing, *sys.meta_path])
    for client in (Client, HttpClient):
        monkeypatch.setattr(client, "__init__", refuse_client)
    monkeypatch.setattr(subprocess.Popen, "__init__", refuse_process)
    yield
    assert not refusing.opened, f"a unit test opens no engine and starts no process: {', '.join(refusing.opened)}"
