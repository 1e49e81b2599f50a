"""A connection to chDB, ClickHouse within this process, which works on a folder."""

import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, TypeVar

import clickhouse_connect
from clickhouse_connect.driver.binding import format_query_value
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, ProgrammingError

from ads_pipeline.durable import sync
from ads_pipeline.errors import AdsError, EngineError, SettingsError
from ads_pipeline.warehouse.connection import PIECE, Connection, FileTable
from ads_pipeline.warehouse.embedded import need_embedded
from ads_pipeline.warehouse.folder import lock_holder, undo_half_drops, waiting_for
from ads_pipeline.warehouse.pins import EMBEDDED_PINNED
from ads_pipeline.warehouse.statements import Sql, statement

T = TypeVar("T")

OPEN_TRIES = 20
"""How often opening a folder that nobody holds may fail."""

_CHANGES_TABLES = re.compile(
    r"(--[^\n]*\n|\s)*(CREATE|ALTER|DROP|EXCHANGE|RENAME)\b(?!.*\bPARTITION\b)(?! (TABLE|MATERIALIZED VIEW) (IF (NOT )?EXISTS )?`scratch_)"
)
"""DDL, except for tables that live as long as a run."""

_UNCOMPILED = {"compile_expressions": 0, "compile_aggregate_expressions": 0, "compile_sort_description": 0}
"""Nothing is compiled to machine code: most statements run once in a process, and compiling one takes longer (50 ms) than it saves."""

_COPYING = ThreadPoolExecutor(thread_name_prefix="copying")
"""Threads that are kept: starting one takes as long as a small read."""


class ChdbConnection(Connection):
    """An open chDB folder."""

    name = "chDB"
    reads_files = True

    def __init__(self, client: Client, folder: Path, database: str) -> None:
        self.folder = folder
        super().__init__(client, database, EMBEDDED_PINNED)
        self.apply_settings(_UNCOMPILED)

    def apply_settings(self, settings: Mapping[str, Any]) -> None:
        """See `Connection`. For the whole session: the driver would set and restore them around every statement."""
        self._client.command("SET " + ", ".join(f"{name} = {format_query_value(value)}" for name, value in settings.items()))

    @contextmanager
    def beside(self) -> Iterator["ChdbConnection"]:
        """See `Connection`: statements of one connection wait for each other. Within it, each has half of the memory and threads."""
        memory, threads = self.memory, self.threads
        with ChdbConnection(_client_of(self.folder), self.folder, self.database) as another:
            another.use_database(create=False)
            another.continue_for(self)
            try:
                for connection in (self, another):
                    connection._limit(memory // 2, threads["half"])
                yield another
            finally:
                self._limit(memory, threads["own"])

    def _limit(self, memory: int, threads: int) -> None:
        self.limit_memory(memory)
        self.apply_settings({"max_threads": threads})

    def run(self, sql: Sql, **parameters: Any) -> None:
        """See `Connection`. A table that was made or changed is on disk afterwards: the engine syncs files, but not their folders."""
        super().run(sql, **parameters)
        if _CHANGES_TABLES.match(self._text(sql)):
            _sync_folders(self.folder)

    def raw_with(self, file: FileTable, sql: Sql, output_format: str, **parameters: Any) -> bytes:
        """See `Connection`; the engine reads the file in place."""
        attached = {"attached_path": str(file.path.absolute()), "attached_format": file.form, "attached_structure": file.structure}
        text, settings = self._text(sql), dict(file.settings)
        return bytes(
            self._answer(lambda: self._client.raw_query(text, parameters=parameters | attached, settings=settings, fmt=output_format))
        )

    def write(self, sql: Sql, output_format: str, file: IO[bytes], **parameters: Any) -> None:
        """See `Connection`."""
        with _pipe_into(file) as handle:
            self.raw(statement("queries/into_handle", select=sql, handle=handle), output_format, **parameters)

    def _answer(self, call: Callable[[], T]) -> T:
        """See `Connection`. Output that a failed statement left behind does not get into the next result."""
        try:
            return super()._answer(call)
        except AdsError:
            with suppress(ClickHouseError):
                self._client.raw_query(statement("maintenance/drain").render())
            raise


def _sync_folders(folder: Path) -> None:
    """Sync the folders that hold the names of databases and tables."""
    for path in (folder.parent, folder, *(path for name in ("metadata", "store", "store/*", "store/*/*") for path in folder.glob(name))):
        with suppress(FileNotFoundError):  # of a table that is being dropped
            sync(path)


@contextmanager
def _pipe_into(file: IO[bytes]) -> Iterator[int]:
    """A file handle whose bytes are copied to a file. When the engine itself writes a file, it does not report a full disk."""
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


def connect_chdb(folder: Path, database: str, wait: float | None) -> ChdbConnection:
    """Open a folder, with everything pinned; waits while another process has it.

    Raises:
        TransientError: another process still has it after `wait` seconds.
        SettingsError: chDB is not installed.
        EngineError: the folder cannot be opened.
    """
    return ChdbConnection(_open(folder, wait), folder, database)


def _client_of(folder: Path) -> Client:
    return clickhouse_connect.get_client(dsn=f"chdb://{folder}")


def _why_not_loaded(error: ImportError) -> str:
    need_embedded("this database is", otherwise=", or set ADS_CLICKHOUSE_DSN")
    hint = "if the variable TZ is set, it has to name a time zone of the tz database, such as Europe/Berlin"
    return f"the embedded engine is installed, but cannot be loaded ({error}); {hint}"


def _open(folder: Path, wait: float | None) -> Client:
    folder.mkdir(parents=True, exist_ok=True)
    failures = 0
    with waiting_for(folder, wait) as until_free:
        while True:
            until_free()
            undo_half_drops(folder)
            try:
                return _client_of(folder)
            except ImportError as error:
                raise SettingsError(_why_not_loaded(error)) from error
            except ProgrammingError as error:
                if lock_holder(folder):
                    continue  # another process was quicker
                failures += 1
                if failures == OPEN_TRIES:
                    raise EngineError(f"the embedded engine at {folder} cannot be opened: {error}") from error
                time.sleep(0.1)
