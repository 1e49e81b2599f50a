"""A connection to one engine, bound to one database: it runs statements. `chdb` and `http` are its two kinds.

What belongs here: statements, their results, parameters, settings and errors. What does not: which nodes there are
(`topology`) and who may write (`writer`).
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import IO, Any, ClassVar, Protocol, Self, TypeVar

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from ads_pipeline.warehouse.error_codes import translated
from ads_pipeline.warehouse.memory import memory_settings
from ads_pipeline.warehouse.pins import choose_pins
from ads_pipeline.warehouse.rows import encode_rows
from ads_pipeline.warehouse.statements import Dialect, Name, Sql, statement

PIECE = 1 << 18
"""Bytes of a result that are copied at a time."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FileTable:
    """A local file that a statement reads as a table; part `reconcile/file` stands for it.

    Args:
        form: the engine's name of its format, for example `CSV`.
        structure: its columns in the engine's notation.
        settings: engine settings under which it is read.
    """

    path: Path
    form: str
    structure: str
    settings: Mapping[str, Any] = field(default_factory=dict)


class Guard(Protocol):
    """What allows this run to write, and tells when it no longer does."""

    generation: int

    @property
    def fence(self) -> Sql:
        """A condition for statements that publish: it fails once this run may not write."""
        ...

    def check(self) -> None:
        """Raise an error if this run may no longer write."""
        ...


class Connection(ABC):
    """An open connection.

    Args:
        client: the driver's client, which this connection owns.
        database: the database whose tables statements mean.
        pinned: the settings that correctness rests on here; see `pins`.
        dialect: what the SQL files leave to the engine in use.
        logged_as: the database that `log_comment` names; by default `database`.

    Attributes:
        name: what people call the engine.
        reads_files: whether the engine reads this machine's files itself; if not, their bytes are sent to it.
        tags: words about the running work in the `log_comment` of every statement.
        memory: bytes that a statement may use, by `ADS_MEMORY`; 0 if only the engine limits it.
    """

    name: ClassVar[str] = "ClickHouse"
    reads_files: ClassVar[bool] = False
    command_settings: ClassVar[Mapping[str, Any]] = {}
    """Settings of the driver for statements that return nothing."""

    def __init__(
        self, client: Client, database: str, pinned: Mapping[str, Any], dialect: Dialect | None = None, logged_as: str = ""
    ) -> None:
        self._client, self._pinned = client, pinned
        self._guard: Guard | None = None
        self.database, self.dialect, self.tags = database, dialect or Dialect(), dict[str, Any]()
        self.memory = 0
        self._log_entry: dict[str, Any] = {"application": "ads_pipeline", "database": logged_as or database}
        client.tz_mode = "aware"
        self.apply_settings(self.pins | {"log_comment": json.dumps(self._log_entry)})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    @property
    def version(self) -> str:
        """The engine's version, for example `26.9.2.1`."""
        return str(self._client.server_version)

    def is_at_least(self, version: str) -> bool:
        """Whether the engine is of this version or a later one."""
        return self._client.min_version(version)

    @property
    def pins(self) -> dict[str, Any]:
        """The settings that correctness rests on and that this engine knows."""
        return choose_pins(self._pinned, self._client.server_settings)

    @cached_property
    def threads(self) -> dict[str, int]:
        """How many threads a statement may use (`own`), and half of them (`half`), when this was first asked for."""
        return self.rows(statement("queries/threads"))[0]

    @abstractmethod
    def apply_settings(self, settings: Mapping[str, Any]) -> None:
        """Set engine settings for all statements of this connection from now on."""

    def limit_memory(self, memory: int) -> None:
        """From now on, let no statement use more memory, in bytes (0: as the engine says), nor more than its user may."""
        if memory:
            own = self._client.server_settings.get("max_memory_usage")
            limits = memory_settings(memory, int(own.value) if own else 0)
            self.memory = limits["max_memory_usage"]
            self.apply_settings(limits)

    def tag(self, tags: Mapping[str, Any]) -> None:
        """Write these words, and no earlier ones, into the `log_comment` of every statement from now on."""
        self.tags = dict(tags)
        self.apply_settings({"log_comment": json.dumps(self._log_entry | self.tags)})

    def guard_by(self, guard: Guard) -> None:
        """From now on, send statements only while the guard allows it, and fill its fence into those that publish."""
        self._guard, self.dialect = guard, replace(self.dialect, fence=guard.fence)
        self._log_entry["generation"] = guard.generation
        self.tag(self.tags)

    def continue_for(self, other: "Connection") -> None:
        """Take the place of another connection: with its tags, and under its guard."""
        self.tags = other.tags
        if other._guard:
            self.guard_by(other._guard)
        else:
            self.tag(self.tags)

    @abstractmethod
    def beside(self) -> AbstractContextManager["Connection"]:
        """A connection to the same engine for the same work, whose statements run while those of this one do; perhaps this one itself."""

    def use_database(self, *, create: bool) -> None:
        """Let statements mean the tables of `database`.

        Args:
            create: whether to create a database that does not exist; otherwise statements see an empty one.
        """
        exists = bool(self.value(statement("queries/database_exists"), database=self.database))
        if create and not exists:
            self.run(statement("migrations/database", database=Name(self.database)))
        if create or exists:
            self._client.database = self.database

    def has_table(self, table: str) -> bool:
        """Whether the database holds a table or view of this name."""
        return bool(self.value(statement("queries/table_exists"), table=table))

    def now(self) -> datetime:
        """The present moment by the engine's clock, in UTC."""
        moment: datetime = self.rows(statement("queries/clock"))[0]["now"]
        return moment

    def run(self, sql: Sql, **parameters: Any) -> None:
        """Run a statement that returns nothing."""
        self._answer(lambda: self._client.command(self._text(sql), parameters=parameters, settings=dict(self.command_settings)))

    def rows(self, sql: Sql, **parameters: Any) -> list[dict[str, Any]]:
        """A small result (counts, ledger entries; never events) as one dict a row."""
        return list(self._answer(lambda: self._client.query(self._text(sql), parameters=parameters)).named_results())

    def column(self, sql: Sql, **parameters: Any) -> list[Any]:
        """The first column of a small result."""
        return [row[0] for row in self._answer(lambda: self._client.query(self._text(sql), parameters=parameters)).result_rows]

    def value(self, sql: Sql, **parameters: Any) -> Any:
        """The value of a result of one row and one column."""
        return self.column(sql, **parameters)[0]

    def frame(self, sql: Sql, **parameters: Any) -> Any:
        """A result as a pandas DataFrame."""
        return self._answer(lambda: self._client.query_df(self._text(sql), parameters=parameters))

    def raw(self, sql: Sql, output_format: str, **parameters: Any) -> bytes:
        """A result as the engine's own output in a format, for example `CSVWithNames`."""
        return bytes(self._answer(lambda: self._client.raw_query(self._text(sql), parameters=parameters, fmt=output_format)))

    @abstractmethod
    def raw_with(self, file: FileTable, sql: Sql, output_format: str, **parameters: Any) -> bytes:
        """The result of a statement that reads a local file, as `raw` gives it; only reading, so that any user may."""

    @abstractmethod
    def write(self, sql: Sql, output_format: str, file: IO[bytes], **parameters: Any) -> None:
        """Write a result as `raw` gives it to a file, in pieces. After an error the file holds a part of it.

        An error of the file (an OSError) is raised unchanged.
        """

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Insert a few rows of bookkeeping. A lost connection may repeat it: only for tables where a row replaces itself."""
        # not the driver's `insert`, which asks for the table's columns first and loads pandas to look at the rows
        if rows:
            self._answer(lambda: self._client.raw_insert(str(Name(table)), list(columns), encode_rows(rows), fmt="JSONCompactEachRow"))

    def _answer(self, call: Callable[[], T]) -> T:
        """A call's result, with the driver's errors as ours."""
        try:
            return call()
        except ClickHouseError as error:
            raise translated(error) from error

    def _text(self, sql: Sql) -> str:
        """A statement as the engine takes it, if this run may still send one."""
        if self._guard:
            self._guard.check()
        return sql.render(self.dialect)
