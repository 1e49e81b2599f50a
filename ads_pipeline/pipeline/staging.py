"""Bytes of drops into a staging table: parsed once, judged by the contract, unreadable drops set apart.

How bytes enter depends on the engine: chDB reads local files in place (`staging_files`), to a server they are sent
(`staging_bodies`), or it reads them from the bucket itself (`staging_bucket`).
"""

import csv
import logging
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from pathlib import Path

from ads_pipeline.errors import DropError, EngineError, NotBroughtError, UsageError
from ads_pipeline.landing import LandingStore, is_empty, is_whole_zstd, open_drop
from ads_pipeline.pipeline.ledger import Entry
from ads_pipeline.warehouse.connection import Connection
from ads_pipeline.warehouse.error_codes import OF_CONTENT, PERMANENT
from ads_pipeline.warehouse.statements import Name, Sql, collection, statement
from ads_pipeline.warehouse.warehouse import Warehouse

log = logging.getLogger(__name__)

REMEDY = "mend it and land it again, or try again with `ads drops retry`"

LARGE = 8 << 20
"""Bytes of a drop, as stored, from which on it is not brought together with others."""

LONGEST_HEADER = 1 << 20
"""Bytes of a CSV drop's header."""

Told = Callable[[int, int], None]
"""Told the bytes and drops that have entered since it was last told."""


@dataclass(frozen=True, slots=True)
class Item:
    """A drop with its number in the batch, and its bytes as a local file, if it was brought."""

    number: int
    entry: Entry
    file: Path | None

    @property
    def path(self) -> Path:
        """The local file of a drop that was brought."""
        assert self.file
        return self.file

    @property
    def kind(self) -> str:
        """How it is written: `ndjson`, `csv` or `parquet`."""
        return self.entry.drop.format.name


@dataclass
class Staging:
    """The staging table of one batch, and what could not enter it.

    Args:
        latest, first_day: the contract's clock: no event later than, no event day before.
        errors: why drops could not be read, by name.
        again: drops among them that the next ingest is to try again.
    """

    warehouse: Warehouse
    table: Name
    latest: datetime
    first_day: date
    errors: dict[str, str] = field(default_factory=dict)
    again: set[str] = field(default_factory=set)
    chunks: Iterator[int] = field(default_factory=lambda: count(1))

    def add(self, store: LandingStore, entries: Sequence[Entry], progress: Told) -> None:
        """Stage drops, numbered from 1 in the order given; failures go to `errors` by drop name."""
        from ads_pipeline.pipeline import staging_bodies, staging_bucket, staging_files

        enter = staging_files.enter if self.warehouse.connection.reads_files else staging_bodies.enter
        brought = [entry.drop for entry in entries if not staging_bucket.reads_itself(self.warehouse, entry.drop)]
        with work_folder(self.warehouse) as folder:
            items = self._readable(entries, store.fetch(brought, folder))
            enter(self, items, folder, progress)
            self._refuse_changed(store, [item for item in items if not item.file or not item.file.is_relative_to(folder)])

    def _readable(self, entries: Sequence[Entry], files: dict[str, Path | DropError]) -> list[Item]:
        items = []
        for number, entry in enumerate(entries, 1):
            drop, path = entry.drop, files.get(entry.drop.name)
            if isinstance(path, DropError):
                self.refuse(drop.name, path)
            elif path and is_empty(path, drop.format):
                continue
            elif drop.source not in source_files(self.warehouse):
                self.errors[drop.name] = f"no source {drop.source!r}: add sql/sources/{drop.source}.sql, then `ads drops retry {drop.name}`"
            elif path and drop.format.compression == "zst" and not is_whole_zstd(path):
                self.errors[drop.name] = f"truncated or no Zstandard at all; {REMEDY}"
            else:
                items.append(Item(number, entry, path))
        return items

    def refuse(self, name: str, error: DropError) -> None:
        """Set a drop apart for a reason that says itself what to do."""
        self.errors[name] = str(error)
        self.again |= {name} if isinstance(error, NotBroughtError) else set()
        log.warning("drop %s: %s", name, error)

    def blame(self, item: Item, error: Exception) -> None:
        """Set a drop apart that cannot be read; for an error that may not be of its content, until the next ingest.

        Raises:
            EngineError: the error is of the engine or its user, whatever the drop.
        """
        if isinstance(error, EngineError) and error.code in PERMANENT:
            raise error
        if not _is_of_content(error):
            self.refuse(item.entry.drop.name, NotBroughtError(reason_of(error, remedy="; the next ingest tries again")))
            return
        self.errors[item.entry.drop.name] = reason_of(error)
        log.warning("drop %s cannot be read: %s", item.entry.drop.name, reason_of(error))

    def by_halves(self, items: Sequence[Item], enter: Callable[[Sequence[Item]], None]) -> None:
        """Have drops enter together; when they cannot, halves of them, until those to blame stand alone."""
        try:
            enter(items)
        except EngineError as error:
            if len(items) == 1 or error.code in PERMANENT:
                self.blame(items[0], error)
                return
            middle = len(items) // 2
            self.by_halves(items[:middle], enter)
            self.by_halves(items[middle:], enter)

    def statement(self, source: str, lines: Sql, reading: Sql, body: Sql) -> Sql:
        """The insert that takes lines through the source's SELECT and the contract into the staging table.

        Args:
            lines: a SELECT of drop_no, line_number, line.
            reading: settings under which the lines are read.
            body: the format of the body that is sent along, if one is.
        """
        contract = statement("ingest/contract", lines=lines, source=source_files(self.warehouse)[source])
        return statement("ingest/stage", staging=self.table, contract=contract, reading=reading, body=body)

    def values(self, chunk: int) -> dict[str, object]:
        """The values that every such insert takes."""
        return {"chunk": chunk, "latest": self.latest, "first_day": self.first_day, "timezone": self.warehouse.settings.timezone}

    def judge(self, source: str, lines: Sql, reading: Sql, via: Connection | None = None, **parameters: object) -> None:
        """Stage lines that the engine (or one of its nodes, `via`) can read; those of an insert that fails halfway are taken back."""
        with self.chunk() as chunk:
            (via or self.warehouse).run(self.statement(source, lines, reading, Sql("")), **self.values(chunk), **parameters)

    @contextmanager
    def chunk(self) -> Iterator[int]:
        """The number of an insert; what it left when it fails halfway is taken back."""
        number = next(self.chunks)
        try:
            yield number
        except (EngineError, DropError):
            for shard in self.warehouse.shards:
                shard.run(statement("ingest/unstage_chunk", staging=self.table), chunk=str(number))
            raise

    def _refuse_changed(self, store: LandingStore, in_place: Sequence[Item]) -> None:
        """A drop that changed while it was read where it lies is taken back; the next listing has it under its new etag."""
        changed = [item for item in in_place if item.entry.drop.name not in self.errors and not store.is_current(item.entry.drop)]
        if changed:
            for shard in self.warehouse.shards:
                shard.run(statement("ingest/unstage_drops", staging=self.table), drops=[item.number for item in changed])
        for item in changed:
            self.errors[item.entry.drop.name] = "changed while it was read; the next ingest loads it as it is then"


def _is_of_content(error: Exception) -> bool:
    """Whether the same bytes meet an error again; one of the system (with a number) they may not."""
    if isinstance(error, EngineError):
        return error.code in OF_CONTENT
    return not (isinstance(error, OSError) and error.errno)


def source_files(warehouse: Warehouse) -> dict[str, Sql]:
    """Every source's SELECT by name."""
    return collection("sources", warehouse.settings.sql_dir)


def find_source(warehouse: Warehouse, name: str) -> str:
    """A source's name, checked.

    Raises:
        UsageError: there is none of this name.
    """
    files = source_files(warehouse)
    if name not in files:
        raise UsageError(f"there is no source {name!r}; there are: {', '.join(files)}")
    return name


@contextmanager
def work_folder(warehouse: Warehouse) -> Iterator[Path]:
    """A temporary folder under `ADS_HOME`, gone afterwards; those of dead runs go now, as there is one writer at a time."""
    parent = warehouse.settings.work
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob("batch-*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=parent, prefix="batch-") as folder:
        yield Path(folder)


def csv_structure(item: Item) -> str:
    """The columns of a CSV drop for the engine, all of them texts, by its header; one without a name is called by its place.

    Raises:
        DropError: there is no header, or it names a column twice.
    """
    try:
        with open_drop(item.path, item.entry.drop.format) as file:
            header = file.readline(LONGEST_HEADER).decode("utf-8-sig")
        names = [name.strip() for name in next(csv.reader([header], strict=True, skipinitialspace=True), [])]
    except (OSError, EOFError, ValueError, csv.Error) as error:
        raise DropError(f"its header cannot be read ({error})") from error
    names = [name or f"column_{place}" for place, name in enumerate(names, 1)]
    if not names or len(set(names)) < len(names):
        raise DropError(f"its header names a column twice, or none at all: {header.strip()[:200]!r}")
    return structure_of((name, "Nullable(String)") for name in names)


def structure_of(columns: Iterator[tuple[str, str]]) -> str:
    """Names and types of columns as the engine takes them."""
    return ", ".join("`" + name.replace("\\", "\\\\").replace("`", "\\`") + f"` {kind}" for name, kind in columns)


def reason_of(error: Exception, remedy: str = f"; {REMEDY}") -> str:
    """The message without the paths of this run, and what to do."""
    text = str(error).split(": While reading from")[0].split(": (in file/uri")[0].split(": While executing")[0]
    text = re.sub(r"Code: \d+\. DB::Exception: ", "", text).replace("\n", " ").strip()
    return f"{text[:500]}{remedy}"
