"""A driver's client and a guard that only note what they are asked."""

import io
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from ads_pipeline.errors import LeaseLostError
from ads_pipeline.warehouse.statements import Sql


class FakeClient:
    """What connections use of clickhouse-connect's client. Each call notes its statement and raises `error` if there is one."""

    def __init__(
        self, *, known: Sequence[str] = (), answer: Any = 0, rows: Sequence[dict[str, Any]] = (), stream: io.BytesIO | None = None
    ) -> None:
        self.server_settings = dict.fromkeys(known)
        self.server_tz, self.server_version, self.url, self.database, self.tz_mode = "UTC", "24.10", "http://localhost:8123", "", ""
        self.answer, self.found, self.stream = answer, rows, stream or io.BytesIO()
        self.sent: list[str] = []
        self.settings: dict[str, Any] = {}
        self.requests: list[tuple[Any, dict[str, str], dict[str, str]]] = []
        self.error: Exception | None = None
        self.closed = False

    def _note(self, sql: str) -> None:
        self.sent.append(sql)
        if self.error:
            raise self.error

    def command(self, sql: str, **_: Any) -> None:
        self._note(sql)

    def query(self, sql: str, **_: Any) -> Any:
        self._note(sql)
        return SimpleNamespace(result_rows=[[self.answer]], named_results=lambda: self.found)

    def query_df(self, sql: str, **_: Any) -> None:
        self._note(sql)

    def raw_query(self, sql: str, **_: Any) -> bytes:
        self._note(sql)
        return b""

    def raw_stream(self, sql: str, **_: Any) -> io.BytesIO:
        self._note(sql)
        return self.stream

    def raw_insert(self, table: str, *_: Any, **__: Any) -> None:
        self._note(f"INSERT INTO {table}")

    def _raw_request(self, body: Any, parameters: dict[str, str], headers: dict[str, str]) -> None:
        self.requests.append((body, parameters, headers))
        self._note(parameters["query"])

    def set_client_setting(self, name: str, value: Any) -> None:
        if self.error:
            raise self.error
        self.settings[name] = value

    def close(self) -> None:
        self.closed = True


class FakeGuard:
    """The right to write, until it is lost."""

    def __init__(self, generation: int) -> None:
        self.generation, self.lost = generation, False

    @property
    def fence(self) -> Sql:
        return Sql(f"fence_{self.generation}")

    def check(self) -> None:
        if self.lost:
            raise LeaseLostError("lost")
