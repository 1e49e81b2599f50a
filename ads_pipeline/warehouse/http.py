"""A connection to a ClickHouse server over HTTP(S), which threads may share; rows can be sent as the body of an insert."""

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Any, BinaryIO

import clickhouse_connect
from clickhouse_connect.driver.binding import bind_query
from clickhouse_connect.driver.exceptions import ClickHouseError, ProgrammingError
from clickhouse_connect.driver.external import ExternalData
from clickhouse_connect.driver.httpclient import HttpClient
from urllib3.exceptions import HTTPError

from ads_pipeline.errors import SettingsError, TransientError
from ads_pipeline.warehouse.connection import PIECE, Connection, FileTable
from ads_pipeline.warehouse.dsn import Address
from ads_pipeline.warehouse.error_codes import translated
from ads_pipeline.warehouse.pins import SERVER_PINNED
from ads_pipeline.warehouse.statements import Dialect, Sql, statement

ENCODINGS = {"gz": "gzip", "zst": "zstd", "xz": "xz"}
"""Compressions of drops → their names in HTTP."""

WHOLE = {"wait_end_of_query": "1"}
"""Makes a server answer only when the statement has ended."""

Body = bytes | BinaryIO | Iterable[bytes]


class HttpConnection(Connection):
    """A connection to one server."""

    command_settings = WHOLE
    _client: HttpClient

    def __init__(
        self, client: HttpClient, address: Address, database: str, pinned: Mapping[str, Any], dialect: Dialect | None, logged_as: str
    ) -> None:
        self.address = address
        super().__init__(client, database, pinned, dialect, logged_as)

    def apply_settings(self, settings: Mapping[str, Any]) -> None:
        """See `Connection`.

        Raises:
            SettingsError: this user may not set one of them.
        """
        for name, value in settings.items():
            try:
                self._client.set_client_setting(name, value)
            except ProgrammingError as error:
                raise SettingsError(
                    f"this user may not set {name} to {value!r} at {self._client.url}: "
                    f"in the user's profile, use `readonly = 2` instead of 1, and no CONST ({error})"
                ) from error

    @contextmanager
    def beside(self) -> Iterator[Connection]:
        """See `Connection`: this one. Within it, its statements have half of the threads, if this user may set that.

        Two statements that each use all processors are slower than two that share them.
        """
        self.apply_settings({"max_threads": self.threads["half"]})
        try:
            yield self
        finally:
            self.apply_settings({"max_threads": self.threads["own"]})

    def send(self, sql: Sql, body: Body, compression: str = "", **parameters: Any) -> None:
        """Run an `INSERT … FROM input(…)` whose rows are the body, compressed as a drop is (`gz`, `zst`, `xz` or not).

        An error while the body is produced (an OSError, an AdsError) ends the request and is raised unchanged.
        """
        query, bound = bind_query(self._text(sql), parameters, self._client.server_tz)
        headers = {"Content-Encoding": ENCODINGS[compression]} if compression else {}
        # internal to the driver, whose public calls take either a streamed body or parameters; a unit test guards it
        self._answer(lambda: self._client._raw_request(body, {"database": self.database, "query": str(query), **bound}, headers))

    def raw_with(self, file: FileTable, sql: Sql, output_format: str, **parameters: Any) -> bytes:
        """See `Connection`; the file is sent along, held in memory."""
        attached = ExternalData(data=file.path.read_bytes(), file_name="attached", fmt=file.form, structure=file.structure)
        text, settings = self._text(sql), dict(file.settings)
        return bytes(
            self._answer(
                lambda: self._client.raw_query(text, parameters=parameters, settings=settings, fmt=output_format, external_data=attached)
            )
        )

    def write(self, sql: Sql, output_format: str, file: IO[bytes], **parameters: Any) -> None:
        """See `Connection`. The server sends the result when it is complete: otherwise an error would stand in it as content."""
        answer = self._answer(lambda: self._client.raw_stream(self._text(sql), parameters=parameters, fmt=output_format, settings=WHOLE))
        with answer:
            try:
                shutil.copyfileobj(answer, file, PIECE)
            except HTTPError as error:
                raise TransientError(f"the connection was lost in the middle of a result: {error}") from error


def connect_http(
    candidates: Sequence[Address],
    database: str,
    pinned: Mapping[str, Any] = SERVER_PINNED,
    dialect: Dialect | None = None,
    logged_as: str = "",
) -> HttpConnection:
    """A connection to the first server that answers, with everything pinned. See `Connection` for the arguments.

    Raises:
        TransientError: none of them answers.
        EngineError: the server refuses the user.
        SettingsError: an option or a setting that is not accepted.
    """
    failures = []
    for address in candidates:
        try:
            connection = HttpConnection(_open(address), address, database, pinned, dialect, logged_as)
            _undo_profile(connection)
            return connection
        except TransientError as error:
            failures.append(f"{address} cannot be reached ({error})")
    raise TransientError("; ".join(failures))


def _undo_profile(connection: Connection) -> None:
    """Reset what the user's profile changes and results may depend on, so that they are the same for every user."""
    look = statement("queries/profile_settings")
    connection.apply_settings({row["name"]: row["default"] for row in connection.rows(look, pinned=list(connection.pins))})


def _open(address: Address) -> HttpClient:
    try:
        client = clickhouse_connect.get_client(
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
    except (OSError, ValueError) as error:  # the file of a certificate is missing or holds none
        raise SettingsError(f"ADS_CLICKHOUSE_DSN: cannot connect to {address}: {error}") from error
    assert isinstance(client, HttpClient)
    return client
