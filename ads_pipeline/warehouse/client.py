"""The one boundary to clickhouse-connect: an open warehouse that runs statements.

What differs between chDB and a server sits in this package only. Opening waits for an embedded
folder that another process holds; every statement carries a `log_comment`.
"""

import fcntl
import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.binding import format_query_value
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, OperationalError, ProgrammingError

from ads_pipeline.errors import AdsError, EngineError, SettingsError, TransientError
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.statements import Name, Sql, statement

log = logging.getLogger(__name__)

# What correctness rests on: their defaults differ between versions and servers.
PINNED = {
    "async_insert": 0,
    "insert_deduplicate": 0,
    "deduplicate_blocks_in_dependent_materialized_views": 0,
    "materialized_views_ignore_errors": 0,
    "max_partitions_per_insert_block": 0,
    "mutations_sync": 2,
    "alter_sync": 2,
    "session_timezone": "UTC",
    "join_use_nulls": 0,
    "union_default_mode": "ALL",
    "do_not_merge_across_partitions_select_final": 1,
}

# Error codes that a later try may not meet again, each with its reason.
TRANSIENT = {
    159: "the statement timed out",
    202: "too many statements at once",
    203: "no free connection",
    209: "the connection timed out",
    210: "the connection was lost",
    236: "the statement was cancelled, as at a shutdown",
    241: "the memory limit was reached",
    242: "the table is read-only for now",
    252: "merges lag behind inserts",
    279: "all connection tries failed",
    285: "too few replicas are alive",
    319: "it is unknown whether the insert arrived",
    394: "the statement was killed",
    425: "a system call failed",
    999: "the keeper is not available",
}


NO_SPACE = 243
"""Code of an engine error that blames the disk, and never a drop."""

OPEN_TRIES = 20
"""How often opening a folder that nobody holds may fail."""

T = TypeVar("T")


def _guarded(call: Callable[[], T]) -> T:
    try:
        return call()
    except ClickHouseError as error:
        raise _translated(error) from error


class Warehouse:
    """An open connection to the engine, bound to one database.

    Not shared between threads. Use it as a context manager, for as short as possible: an embedded
    folder serves one process at a time.
    """

    def __init__(self, client: Client, settings: Settings) -> None:
        self._client = client
        self.settings = settings
        self._tags: dict[str, str] = {}

    def __enter__(self) -> "Warehouse":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the engine; an embedded folder is free for others afterwards."""
        self._client.close()

    @property
    def version(self) -> str:
        """The engine's version, for example `26.9.2.1`."""
        return str(self._client.server_version)

    @contextmanager
    def tagged(self, **tags: str) -> Iterator[None]:
        """Within it, statements carry these words (asset, batch, run) in their `log_comment`."""
        before = self._tags
        self._tags = before | {key: value for key, value in tags.items() if value}
        self._comment()
        try:
            yield
        finally:
            self._tags = before
            self._comment()

    def limit(self, limits: dict[str, Any]) -> None:
        """Set engine settings for the rest of the session, such as `max_result_rows`."""
        for name, value in limits.items():
            _set(self._client, name, value)

    def _comment(self) -> None:
        comment = json.dumps({"application": "ads_pipeline", **self._tags})
        _set(self._client, "log_comment", comment)

    def run(self, sql: Sql, **parameters: Any) -> None:
        """Run a statement that returns nothing."""
        _guarded(lambda: self._client.command(sql.text, parameters=parameters))

    def rows(self, sql: Sql, **parameters: Any) -> list[dict[str, Any]]:
        """A small result (counts, ledger entries; never events) as one dict a row."""
        return list(_guarded(lambda: self._client.query(sql.text, parameters=parameters)).named_results())

    def column(self, sql: Sql, **parameters: Any) -> list[Any]:
        """The first column of a small result."""
        return [row[0] for row in _guarded(lambda: self._client.query(sql.text, parameters=parameters)).result_rows]

    def value(self, sql: Sql, **parameters: Any) -> Any:
        """The one value of a result of one row and one column."""
        return self.column(sql, **parameters)[0]

    def frame(self, sql: Sql, **parameters: Any) -> Any:
        """A result as a pandas DataFrame."""
        return _guarded(lambda: self._client.query_df(sql.text, parameters=parameters))

    def arrow(self, sql: Sql, **parameters: Any) -> Any:
        """A result as a pyarrow Table."""
        return _guarded(lambda: self._client.query_arrow(sql.text, parameters=parameters, use_strings=True))

    def raw(self, sql: Sql, output_format: str, **parameters: Any) -> bytes:
        """A result as the engine's own output in a format, for example `CSVWithNames`."""
        return bytes(_guarded(lambda: self._client.raw_query(sql.text, parameters=parameters, fmt=output_format)))

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Insert a few rows of bookkeeping."""
        if rows:
            _guarded(lambda: self._client.insert(str(Name(table)), rows, column_names=list(columns)))


def _translated(error: ClickHouseError) -> AdsError:
    code = int(getattr(error, "code", 0) or 0)
    text = str(error).split("\nStack trace")[0].strip()
    if "No space left on device" in text:
        return EngineError(f"the engine's disk is full: {text}", NO_SPACE)
    if code in TRANSIENT:
        return TransientError(f"{TRANSIENT[code]}: {text}")
    if isinstance(error, OperationalError) and not code:
        return TransientError(f"the engine does not answer: {text}")
    return EngineError(text, code)


def open_warehouse(settings: Settings, *, create: bool = True, wait: float | None = None) -> Warehouse:
    """Connect to the engine that the settings name.

    An embedded folder in use by another process is waited for, with a message in the log.

    Args:
        create: make the database when there is none; without, statements see an empty one.
        wait: seconds to wait for an embedded folder at most; without, for ever.

    Raises:
        SettingsError: the embedded engine is not installed.
        TransientError: the embedded folder stayed in use by another process.
        EngineError: the folder cannot be opened.
    """
    client = _open_embedded(embedded_folder(settings), wait)
    warehouse = Warehouse(client, settings)
    if create:
        warehouse.run(statement("migrations/database", database=Name(settings.database)))
    if create or warehouse.value(statement("queries/database_exists"), database=settings.database):
        client.database = settings.database
    client.tz_mode = "aware"
    warehouse._comment()
    return warehouse


def _open_embedded(folder: Path, wait: float | None) -> Client:
    folder.mkdir(parents=True, exist_ok=True)
    deadline, failures = None if wait is None else time.monotonic() + wait, 0
    while True:
        _wait_for(folder, deadline)
        try:
            client = clickhouse_connect.get_client(dsn=f"chdb://{folder}")
        except ImportError as error:
            raise SettingsError(
                "the embedded engine is not installed: pip install 'ads-pipeline[embedded]', or set ADS_CLICKHOUSE_DSN"
            ) from error
        except ProgrammingError as error:
            # another process may have taken or looked at the lock in between
            failures += 1
            if failures < OPEN_TRIES:
                time.sleep(0.1)
                continue
            raise EngineError(f"the embedded engine at {folder} cannot be opened: {error}") from error
        for name, value in PINNED.items():
            _set(client, name, value)
        return client


def _wait_for(folder: Path, deadline: float | None) -> None:
    """Wait until nobody holds an embedded folder, and let whoever does know that somebody waits (see `is_wanted`)."""
    holder = lock_holder(folder)
    if not holder:
        return
    level = logging.WARNING if deadline is None else logging.DEBUG
    log.log(level, "waiting: the embedded engine at %s is in use by another process (%s)", folder, holder)
    with _wanted_file(folder).open("a") as wanted:
        fcntl.flock(wanted, fcntl.LOCK_SH)
        while lock_holder(folder):
            if deadline is not None and time.monotonic() > deadline:
                raise TransientError(f"the embedded engine is in use by another process ({holder}), an ingest perhaps: try again")
            time.sleep(0.05)


def _wanted_file(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.wanted")


def is_wanted(settings: Settings) -> bool:
    """Whether another process waits for the embedded folder; whoever only lingers there should let go."""
    try:
        with _wanted_file(embedded_folder(settings)).open() as wanted:
            fcntl.flock(wanted, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True


def _set(client: Client, name: str, value: Any) -> None:
    """Set for the whole session: chDB's driver would set and restore it around every statement."""
    client.command(f"SET {name} = {format_query_value(value)}")


def embedded_folder(settings: Settings) -> Path:
    """The folder of the embedded engine."""
    return Path(urlsplit(settings.dsn).path)


def lock_holder(folder: Path) -> str:
    """Who holds an embedded folder, such as `PID: 4711`; empty when it is free.

    The engine keeps a lock (flock) on the file `status`, which ends with the process.
    """
    try:
        with (folder / "status").open() as status:
            fcntl.flock(status, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return ""
    except FileNotFoundError:
        return ""
    except BlockingIOError:
        return next(iter((folder / "status").read_text().splitlines()), "unknown")
