"""An open engine that runs statements: what chDB and a server have in common.

`embedded` and `server` say how each is opened and set; `opening` chooses. Every statement carries a `log_comment`.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any, Self, TypeVar

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.faults import translated
from ads_pipeline.warehouse.statements import NOTHING, Dialect, Name, Sql, statement

# What correctness rests on: their defaults differ between versions and servers. Where a newer release has changed what a
# statement means, it means here what it meant before, on every release: a rollup's SELECT gives the same after an upgrade.
PINNED: dict[str, Any] = {
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
    # reading: a path part is no column, an empty object no error, a date has one spelling, a number is the nearest double
    "use_hive_partitioning": 0,
    "s3_skip_empty_files": 1,
    "date_time_input_format": "basic",
    "precise_float_parsing": 1,
}

# The same for settings that only newer releases have; they are set where the engine knows them.
NEWER_PINNED: dict[str, Any] = {
    # no insert is left out as a repeat of another, as from 26.1 and 26.2 on, whatever insert_deduplicate says
    "deduplicate_insert": "disable",
    "deduplicate_insert_select": "disable",
    # reading: dates (26.5), numbers for dates (26.8), names of columns (26.5), JSON in Parquet (25.6)
    "cast_string_to_date_time_mode": "basic",
    "input_format_read_datetime_number_as_raw_value": 1,
    "input_format_column_name_matching_mode": "match_case",
    "input_format_parquet_enable_json_parsing": 0,
    # functions that sources and rollups may call
    "least_greatest_legacy_null_behavior": 1,
    "function_date_trunc_return_type_behavior": 1,
    "parsedatetime_e_requires_space_padding": 1,
    "formatdatetime_e_with_space_padding": 1,
    "formatdatetime_f_prints_scale_number_of_digits": 1,
    "count_matches_stop_at_empty_match": 1,
    "use_legacy_to_time": 1,
    "check_conversion_from_numbers_to_enum": 0,
}

PIECE = 1 << 18
"""Bytes of a result that are moved at a time."""

T = TypeVar("T")


def on_shards(warehouse: "Warehouse", call: "Callable[[Warehouse], T]") -> list[T]:
    """A call for each shard, side by side; the results in the order of the shards."""
    if len(warehouse.shards) == 1:
        return [call(warehouse.shards[0])]
    with ThreadPoolExecutor(len(warehouse.shards)) as threads:
        return list(threads.map(call, warehouse.shards))


class Warehouse:
    """An open connection to the engine, bound to one database.

    Use it as a context manager, for as short as possible: there is one writer at a time, and an embedded
    folder serves one process at a time.

    Args:
        writes: whether this is the one writer; without, it is opened for reading.
        name: what people call the engine.
        reads_files: whether the engine reads this machine's files in place; else their bytes are sent.
        pinned: settings that correctness rests on, which are set when it is opened.
        running: settings of the driver's for statements that return nothing.
    """

    name = "ClickHouse"
    reads_files = False
    pinned: Mapping[str, Any] = PINNED
    running: Mapping[str, Any] = {}

    def __init__(self, client: Client, settings: Settings, *, database: str, dialect: Dialect | None = None, writes: bool = False) -> None:
        self._client = client
        self.settings, self.database, self.dialect, self.writes = settings, database, dialect or Dialect(), writes
        self._tags: dict[str, Any] = {}
        self._revision = 0
        client.tz_mode = "aware"
        self._tag({})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def pins(self) -> dict[str, Any]:
        """The settings that correctness rests on, those that this engine knows."""
        return dict(self.pinned) | {name: value for name, value in NEWER_PINNED.items() if name in self._client.server_settings}

    def settings_in_force(self) -> list[dict[str, Any]]:
        """Pinned settings as they are now, and others that change results and cannot be set from here: `node, name, value, is_pinned`."""
        return self.rows(statement("queries/settings_in_force"), names=list(self.pins))

    def faults(self) -> list[str]:
        """Nodes that answer and take no part, each with reason and remedy in a sentence."""
        return []

    @property
    def clocks(self) -> "Mapping[str, Warehouse]":
        """What has a clock of its own, by its name."""
        return {"the engine": self}

    def close(self) -> None:
        """Let go of the engine; the right to write is free for others afterwards."""
        self._client.close()

    def enter(self, *, create: bool) -> None:
        """Let statements mean the tables of this database, if there is one or it may be made; else they see an empty one."""
        exists = bool(self.value(statement("queries/database_exists"), database=self.database))
        if create and not exists:
            self.run(statement("migrations/database", database=Name(self.database)))
        if create or exists:
            self._client.database = self.database

    @property
    def version(self) -> str:
        """The engine's version, for example `26.9.2.1`."""
        return str(self._client.server_version)

    @property
    def shards(self) -> "Sequence[Warehouse]":
        """The parts that the events are spread over; each runs statements on its own part of them."""
        return (self,)

    @property
    def places(self) -> "Sequence[Warehouse]":
        """Wherever statements of a batch run: the shards, and the whole."""
        return (self,)

    @property
    def nodes_found(self) -> tuple[int, int]:
        """How many of the engine's nodes answered when it was opened, and how many there are."""
        return 1, 1

    @property
    def leftover_places(self) -> "Sequence[Warehouse]":
        """Wherever a run that died may have left tables."""
        return self.places

    @property
    def schema(self) -> "Warehouse":
        """Where DDL of the shards' own tables is run, for all of them."""
        return self

    def expose(self, table: Name) -> None:
        """Let a table of the shards be read as one, by its name, for good; run again when its columns have changed."""

    def spread(self, table: Name, key: Sql = NOTHING) -> None:
        """Let a batch's table of the shards be read and written as one, by its name, from the whole and from every parser.

        Args:
            key: a comma and the expression that tells a row's shard, if rows are to be written.
        """

    def now(self) -> datetime:
        """The present moment by the engine's clock, the one clock that decides what is late, expired or in the future; in UTC."""
        moment: datetime = self.rows(statement("queries/clock"))[0]["now"]
        return moment

    def next_revision(self) -> int:
        """A number larger than any before it, whatever the clock says, for the revisions of bookkeeping rows (nanoseconds)."""
        newest = self._revision or int(self.value(statement("queries/newest_revision")))
        self._revision = max(newest + 1, time.time_ns())
        return self._revision

    def sync(self) -> None:
        """Make sure that whoever reads, from whichever node, sees what has been written."""

    def confirm(self) -> None:
        """Make sure that this run may write at this moment, before what no fence can hold back.

        Raises:
            LeaseLostError: another run has taken over.
        """

    @property
    def parsers(self) -> "Sequence[Any]":
        """The nodes that drops can be sent to: their lines end up where they belong from each."""
        return (self,)

    def is_at_least(self, version: str) -> bool:
        """Whether the engine is of this version or a later one."""
        return self._client.min_version(version)

    def quiesce(self) -> None:
        """Make sure that no statement of this writer or an earlier one is still running, whatever became of its caller."""

    @contextmanager
    def tagged(self, **tags: Any) -> Iterator[None]:
        """Within it, statements carry these words (asset, batch, run) in their `log_comment`."""
        before = self._tags
        self._tag(before | {key: value for key, value in tags.items() if value})
        try:
            yield
        finally:
            self._tag(before)

    def _tag(self, tags: dict[str, Any]) -> None:
        self._tags = tags
        self._set("log_comment", json.dumps({"application": "ads_pipeline", "database": self.settings.database, **tags}))

    def limit(self, limits: Mapping[str, Any]) -> None:
        """Set engine settings for as long as this is open, such as `max_result_rows`."""
        for name, value in limits.items():
            self._set(name, value)

    def _set(self, name: str, value: Any) -> None:
        raise NotImplementedError

    def _answer(self, call: Callable[[], T]) -> T:
        """A call's result; the driver's errors as ours."""
        try:
            return call()
        except ClickHouseError as error:
            raise translated(error) from error

    def _text(self, sql: Sql) -> str:
        """A statement as the engine takes it, if it may be run now."""
        return sql.render(self.dialect)

    def run(self, sql: Sql, **parameters: Any) -> None:
        """Run a statement that returns nothing."""
        self._answer(lambda: self._client.command(self._text(sql), parameters=parameters, settings=dict(self.running)))

    def rows(self, sql: Sql, **parameters: Any) -> list[dict[str, Any]]:
        """A small result (counts, ledger entries; never events) as one dict a row."""
        return list(self._answer(lambda: self._client.query(self._text(sql), parameters=parameters)).named_results())

    def column(self, sql: Sql, **parameters: Any) -> list[Any]:
        """The first column of a small result."""
        return [row[0] for row in self._answer(lambda: self._client.query(self._text(sql), parameters=parameters)).result_rows]

    def value(self, sql: Sql, **parameters: Any) -> Any:
        """The one value of a result of one row and one column."""
        return self.column(sql, **parameters)[0]

    def frame(self, sql: Sql, **parameters: Any) -> Any:
        """A result as a pandas DataFrame."""
        return self._answer(lambda: self._client.query_df(self._text(sql), parameters=parameters))

    def raw(self, sql: Sql, output_format: str, **parameters: Any) -> bytes:
        """A result as the engine's own output in a format, for example `CSVWithNames`."""
        return bytes(self._answer(lambda: self._client.raw_query(self._text(sql), parameters=parameters, fmt=output_format)))

    def write(self, sql: Sql, output_format: str, file: IO[bytes], **parameters: Any) -> None:
        """A result as with `raw`, written to a file as it is made; the file holds a part of it when this fails.

        An error of the file (an OSError) is raised as it is.
        """
        raise NotImplementedError

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Insert a few rows of bookkeeping. A lost connection may repeat it: for tables where a row replaces itself."""
        if rows:
            self._answer(lambda: self._client.insert(str(Name(table)), rows, column_names=list(columns)))
