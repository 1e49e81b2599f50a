"""A ClickHouse server over HTTP(S): the DSN, the connection, and rows sent as the body of an insert."""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import IO, Any, BinaryIO, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

import clickhouse_connect
from clickhouse_connect.driver.binding import bind_query
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, ProgrammingError
from clickhouse_connect.driver.httpclient import HttpClient
from urllib3.exceptions import HTTPError

from ads_pipeline.errors import SettingsError, TransientError
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.client import PIECE, PINNED, Warehouse
from ads_pipeline.warehouse.faults import translated
from ads_pipeline.warehouse.lease import Lease, acquire
from ads_pipeline.warehouse.migrations import table_exists
from ads_pipeline.warehouse.statements import Sql, statement

OPTIONS = (
    "ca_cert", "client_cert", "client_cert_key", "compress", "connect_timeout", "http_proxy", "https_proxy", "proxy_path", "secure",
    "send_receive_timeout", "server_host_name", "tls_mode", "verify",
)  # fmt: skip
"""What a DSN may say behind its `?`: options of clickhouse-connect."""

# What a user's profile must not have either: limits on the size of what is dropped, and what hides rows from every query.
SERVER_PINNED = PINNED | {
    "additional_result_filter": "",
    "additional_table_filters": {},
    "enable_parallel_replicas": 0,
    "limit": 0,
    "max_parallel_replicas": 1,  # more of them read rows twice where a table has no sampling key
    "max_partition_size_to_drop": 0,
    "max_table_size_to_drop": 0,
    "offset": 0,
}

ENCODINGS = {"gz": "gzip", "zst": "zstd"}
"""Compressions of drops by the name that HTTP has for them."""

WHOLE = {"wait_end_of_query": "1"}
"""Has a server answer when all of a statement is done."""

TLS_PORTS = (443, 8443)

Body = bytes | BinaryIO | Iterable[bytes]

C = TypeVar("C", bound="ServerConnection")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server answers, and as whom; `options` go to the driver as they are."""

    host: str
    port: int
    secure: bool
    user: str = "default"
    password: str = field(default="", repr=False)
    options: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{host}:{self.port}"


def addresses(dsn: str) -> list[Address]:
    """The servers that a DSN names: `clickhouse://user:password@host:8123,host2:8123/database?option=…`.

    Raises:
        SettingsError: a port or an option that is none.
    """
    parts = urlsplit(dsn)
    login, _, hosts = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    options = dict(parse_qsl(parts.query))
    if unknown := sorted(options.keys() - set(OPTIONS)):
        raise SettingsError(f"ADS_CLICKHOUSE_DSN has the option {unknown[0]!r}, which is none; there are: {', '.join(OPTIONS)}")
    secure = parts.scheme in ("https", "clickhouses") or options.pop("secure", "").lower() in ("1", "true", "yes")
    return [_address(host, secure, unquote(user) or "default", unquote(password), options) for host in (hosts or "localhost").split(",")]


def _address(text: str, secure: bool, user: str, password: str, options: dict[str, str]) -> Address:
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname or "localhost", parts.port
    except ValueError:
        raise SettingsError("ADS_CLICKHOUSE_DSN has a port that is none: write host:8123") from None
    secure = secure or port in TLS_PORTS
    return Address(host, port or (8443 if secure else 8123), secure, user, password, options)


class ServerConnection(Warehouse):
    """A connection to one server, which threads may share. Under a lease, no statement leaves once that is lost."""

    pinned = SERVER_PINNED
    running = WHOLE
    _client: HttpClient
    address: Address
    lease: Lease | None = None

    def _set(self, name: str, value: Any) -> None:
        try:
            self._client.set_client_setting(name, value)
        except ProgrammingError as error:
            remedy = "give it `readonly = 2` rather than 1, and no CONST there"
            raise SettingsError(f"this user may not set {name} to {value!r} at {self._client.url}: {remedy} ({error})") from error

    def _text(self, sql: Sql) -> str:
        """See `Warehouse._text`."""
        if self.lease:
            self.lease.check()
        return super()._text(sql)

    def set_back(self, profile: Sql) -> None:
        """Undo what the user's profile changes that may change results, so that they are the same for every user."""
        self.limit({row["name"]: row["default"] for row in self.rows(profile, pinned=list(self.pins))})

    def send(self, sql: Sql, body: Body, compression: str = "", **parameters: Any) -> None:
        """Run an `INSERT … FROM input(…)` whose rows are the body, compressed as a drop is (`gz`, `zst` or not).

        An error while the body is made (an OSError, an AdsError) ends the request and is raised as it is.
        """
        query, bound = bind_query(self._text(sql), parameters, self._client.server_tz)
        headers = {"Content-Encoding": ENCODINGS[compression]} if compression else {}
        # the driver's public calls take either a body or parameters
        self._answer(lambda: self._client._raw_request(body, {"database": self.database, "query": str(query), **bound}, headers))

    def write(self, sql: Sql, output_format: str, file: IO[bytes], **parameters: Any) -> None:
        """See `Warehouse.write`. The server keeps the result until it is whole: else an error would stand in its middle, as content."""
        answer = self._answer(lambda: self._client.raw_stream(self._text(sql), parameters=parameters, fmt=output_format, settings=WHOLE))
        with answer:
            try:
                shutil.copyfileobj(answer, file, PIECE)
            except HTTPError as error:
                raise TransientError(f"the connection was lost in the middle of a result: {error}") from error

    def hold(self, lease: Lease) -> None:
        """Write under this lease from now on."""
        self.lease, self.writes, self.dialect = lease, True, replace(self.dialect, fence=lease.fence)
        self._tag(self._tags | {"generation": lease.generation})

    def next_revision(self) -> int:
        """See `Warehouse.next_revision`; by the lease, so that a later writer's is larger whatever the clocks of both say."""
        return self.lease.next_revision() if self.lease else super().next_revision()


class ServerWarehouse(ServerConnection):
    """An open server. Writing takes the lease."""

    def confirm(self) -> None:
        """See `Warehouse.confirm`."""
        if self.lease:
            self.lease.check(now=True)

    def quiesce(self) -> None:
        """See `Warehouse.quiesce`."""
        if self.lease:
            self.lease.quiesce()

    def close(self) -> None:
        """See `Warehouse.close`."""
        if self.lease:
            self.lease.release()
            self.lease = None
        super().close()


def open_server(settings: Settings, *, write: bool, wait: float | None) -> ServerWarehouse:
    """Connect to the first server of the DSN that answers; see `open_warehouse`."""
    warehouse = connected(ServerWarehouse, settings, addresses(settings.dsn))
    try:
        warehouse.enter(create=write)
        if write:
            if not table_exists(warehouse, "leases"):
                warehouse.run(statement("lease/table"))
            watch = connected(ServerConnection, settings, [warehouse.address])
            watch.enter(create=False)
            warehouse.hold(acquire([watch], wait))
    except BaseException:
        warehouse.close()
        raise
    return warehouse


def connected(kind: type[C], settings: Settings, candidates: Sequence[Address]) -> C:
    """A connection to the first server that answers, with everything pinned and without the right to write.

    Raises:
        TransientError: none does.
        EngineError: it refuses the user.
        SettingsError: an option or a setting that it does not take.
    """
    failures = []
    for address in candidates:
        try:
            connection = kind(_connect(address), settings, database=settings.database)
            connection.address = address
            connection.limit(connection.pins)
            connection.set_back(statement("queries/profile_settings", changes_results=statement("queries/changes_results")))
            return connection
        except TransientError as error:
            failures.append(f"{address} cannot be reached ({error})")
    raise TransientError("; ".join(failures))


def _connect(address: Address) -> Client:
    try:
        return clickhouse_connect.get_client(
            host=address.host,
            port=address.port,
            interface="https" if address.secure else "http",
            username=address.user,
            password=address.password,
            # no session: statements of several threads run side by side
            autogenerate_session_id=False,
            **address.options,  # type: ignore[arg-type]
        )
    except ProgrammingError as error:
        raise SettingsError(f"ADS_CLICKHOUSE_DSN cannot be used: {error}") from error
    except ClickHouseError as error:
        raise translated(error) from error
    except (OSError, ValueError) as error:  # a certificate's file that is not there, or is none
        raise SettingsError(f"ADS_CLICKHOUSE_DSN: the connection to {address} cannot be made: {error}") from error
