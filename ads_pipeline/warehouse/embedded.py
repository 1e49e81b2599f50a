"""chDB, ClickHouse in this process: a folder that serves one process at a time, waited for with a message."""

import fcntl
import logging
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, TypeVar
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.binding import format_query_value
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, ProgrammingError

from ads_pipeline.durable import sync
from ads_pipeline.errors import AdsError, EngineError, SettingsError, TransientError
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.client import PIECE, Warehouse
from ads_pipeline.warehouse.statements import Sql, statement

log = logging.getLogger(__name__)

T = TypeVar("T")

OPEN_TRIES = 20
"""How often opening a folder that nobody holds may fail."""

_CHANGES_TABLES = re.compile(
    r"(--[^\n]*\n|\s)*(CREATE|ALTER|DROP|EXCHANGE|RENAME)\b(?!.*\bPARTITION\b)(?! TABLE (IF (NOT )?EXISTS )?`scratch_)"
)
"""DDL, but for tables that live as long as a run."""

_COPYING = ThreadPoolExecutor(thread_name_prefix="copying")
"""Threads that stay: starting one takes as long as a small read."""


class EmbeddedWarehouse(Warehouse):
    """An open chDB folder. Whoever has it open is the one writer."""

    name = "chDB"
    reads_files = True

    def _answer(self, call: Callable[[], T]) -> T:
        """See `Warehouse._answer`; nothing of a failed statement is left for the next."""
        try:
            return super()._answer(call)
        except AdsError:
            with suppress(ClickHouseError):
                self._client.raw_query(statement("maintenance/drain").render())
            raise

    def run(self, sql: Sql, **parameters: Any) -> None:
        """See `Warehouse.run`. A table that was made or changed is on disk then: the engine syncs its files, and no folder of names."""
        super().run(sql, **parameters)
        if _CHANGES_TABLES.match(self._text(sql)):
            _sync_names(embedded_folder(self.settings))

    def _set(self, name: str, value: Any) -> None:
        """Set for the whole session: the driver's own way would set and restore it around every statement."""
        self.limit({name: value})

    def limit(self, limits: Mapping[str, Any]) -> None:
        """See `Warehouse.limit`; by one statement."""
        self._client.command("SET " + ", ".join(f"{name} = {format_query_value(value)}" for name, value in limits.items()))

    def write(self, sql: Sql, output_format: str, file: IO[bytes], **parameters: Any) -> None:
        """See `Warehouse.write`."""
        with _pipe_into(file) as handle:
            self.raw(statement("queries/into_handle", select=sql, handle=handle), output_format, **parameters)


def _sync_names(folder: Path) -> None:
    """Sync the folders that say which databases and tables there are."""
    for path in (folder.parent, folder, *(path for name in ("metadata", "store", "store/*", "store/*/*") for path in folder.glob(name))):
        with suppress(FileNotFoundError):  # of a table that is being dropped
            sync(path)


@contextmanager
def _pipe_into(file: IO[bytes]) -> Iterator[int]:
    """A handle whose bytes go into a file. The engine takes a full disk for a success when it writes a file itself."""
    reading, writing = os.pipe()
    copied = _COPYING.submit(_copy, reading, file)
    try:
        yield writing
    finally:
        os.close(writing)
        copied.result()


def _copy(reading: int, file: IO[bytes]) -> None:
    with open(reading, "rb", buffering=0) as source:
        shutil.copyfileobj(source, file, PIECE)


def open_embedded(settings: Settings, *, write: bool, wait: float | None) -> EmbeddedWarehouse:
    """Open the folder that the settings name, which is waited for while another process has it; see `open_warehouse`."""
    warehouse = EmbeddedWarehouse(_connected(embedded_folder(settings), wait), settings, database=settings.database, writes=write)
    warehouse.limit(warehouse.pins)
    warehouse.enter(create=write)
    return warehouse


def _connected(folder: Path, wait: float | None) -> Client:
    """Open a folder once nobody holds it; until it is open, whoever lingers there knows that somebody waits (see `is_wanted`)."""
    folder.mkdir(parents=True, exist_ok=True)
    deadline, failures = None if wait is None else time.monotonic() + wait, 0
    with ExitStack() as waiting:
        wanted = None
        while True:
            if holder := lock_holder(folder):
                if wanted is None:
                    level = logging.WARNING if deadline is None else logging.DEBUG
                    log.log(level, "waiting: the embedded engine at %s is in use by another process (%s)", folder, holder)
                    wanted = waiting.enter_context(_wanted_file(folder).open("a"))
                    fcntl.flock(wanted, fcntl.LOCK_SH)
                if deadline is not None and time.monotonic() > deadline:
                    raise TransientError(f"the embedded engine is in use by another process ({holder}), an ingest perhaps: try again")
                time.sleep(0.05)
                continue
            try:
                return clickhouse_connect.get_client(dsn=f"chdb://{folder}")
            except ImportError as error:
                raise SettingsError(
                    "the embedded engine is not installed: pip install 'ads-pipeline[embedded]', or set ADS_CLICKHOUSE_DSN"
                ) from error
            except ProgrammingError as error:
                if lock_holder(folder):
                    continue  # another process was quicker
                failures += 1
                if failures == OPEN_TRIES:
                    raise EngineError(f"the embedded engine at {folder} cannot be opened: {error}") from error
                time.sleep(0.1)


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
