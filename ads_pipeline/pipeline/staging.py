"""Bytes of drops into a staging table: parsed once, judged by the contract, unreadable drops set apart.

Drops of one source and format enter by one statement. When it fails, the group is halved until the
drops to blame stand alone, so that one bad drop costs a few more statements and no other drop.
"""

import logging
import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from ads_pipeline.errors import DropError, EngineError, NotBroughtError, UsageError
from ads_pipeline.landing import LandingStore, is_whole_zstd
from ads_pipeline.pipeline.ledger import Entry
from ads_pipeline.warehouse.client import NO_SPACE, Warehouse
from ads_pipeline.warehouse.statements import Name, Sql, collection, statement

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Staged:
    """A drop's bytes as a local file, with its number in the batch."""

    number: int
    entry: Entry
    path: Path


@dataclass
class Staging:
    """The staging table of one batch, and what could not enter it.

    Args:
        latest, first_day: the contract's clock: no event later than, no event day before.
        again: drops among `errors` that the next ingest is to try again.
    """

    warehouse: Warehouse
    table: Name
    latest: datetime
    first_day: date
    errors: dict[str, str] = field(default_factory=dict)
    again: set[str] = field(default_factory=set)
    chunks: int = 0

    def add(self, store: LandingStore, entries: Sequence[Entry], progress: Callable[[int, int], None]) -> None:
        """Stage drops, numbered from 1 in the order given; failures go to `errors` by drop name.

        Args:
            progress: told the bytes and drops that have entered since it was last told.
        """
        with work_folder(self.warehouse) as folder:
            files = store.fetch([entry.drop for entry in entries], folder)
            for (source, kind, compression), group in self._grouped(entries, files).items():
                del compression
                self._add_group(source, kind, group, folder)
                progress(sum(item.entry.drop.size for item in group), len(group))
        self._refuse_changed(store, entries)

    def _grouped(self, entries: Sequence[Entry], files: dict[str, Path | DropError]) -> dict[tuple[str, str, str], list[Staged]]:
        groups: dict[tuple[str, str, str], list[Staged]] = defaultdict(list)
        for number, entry in enumerate(entries, 1):
            drop, path = entry.drop, files[entry.drop.name]
            if isinstance(path, DropError):
                self.errors[drop.name] = str(path)
                self.again |= {drop.name} if isinstance(path, NotBroughtError) else set()
            elif drop.source not in source_files(self.warehouse):
                self.errors[drop.name] = f"no source {drop.source!r}: add sql/sources/{drop.source}.sql, then `ads drops retry {drop.name}`"
            elif drop.format.compression == "zst" and not is_whole_zstd(path):
                self.errors[drop.name] = "truncated or no Zstandard at all; mend it and land it again, or try again with `ads drops retry`"
            else:
                groups[drop.source, drop.format.name, drop.format.compression].append(Staged(number, entry, path))
        return groups

    def _add_group(self, source: str, kind: str, group: list[Staged], folder: Path) -> None:
        try:
            if kind == "ndjson":
                self._insert(source, statement("ingest/lines_ndjson"), group, folder, {})
            else:
                self._add_described(source, kind, group, folder)
        except EngineError as error:
            if error.code == NO_SPACE:
                raise
            if len(group) == 1:
                self.errors[group[0].entry.drop.name] = _reason(error)
                log.warning("drop %s cannot be read: %s", group[0].entry.drop.name, _reason(error))
                return
            middle = len(group) // 2
            self._add_group(source, kind, group[:middle], folder)
            self._add_group(source, kind, group[middle:], folder)

    def _add_described(self, source: str, kind: str, group: list[Staged], folder: Path) -> None:
        """CSV and Parquet: files of one header or schema together."""
        alike: dict[str, list[Staged]] = defaultdict(list)
        for item in group:
            with _linked([item], folder) as path:
                columns = self.warehouse.rows(statement("ingest/csv_header" if kind == "csv" else "ingest/parquet_schema"), path=path)
            names = [str(column["name"]).replace("\\", "\\\\").replace("`", "\\`") for column in columns]
            alike[", ".join(f"`{name}` Nullable(String)" for name in names) if kind == "csv" else str(columns)].append(item)
        for structure, items in alike.items():
            parameters = {"structure": f"{structure}, surplus Nullable(String)"} if kind == "csv" else {}
            self._insert(source, statement(f"ingest/lines_{kind}"), items, folder, parameters)

    def _insert(self, source: str, lines: Sql, group: list[Staged], folder: Path, parameters: dict[str, str]) -> None:
        self.chunks += 1
        with _linked(group, folder) as path:
            try:
                self.judge(source, lines, path=path, **parameters)
            except EngineError:
                self.warehouse.run(statement("ingest/unstage_chunk", staging=self.table), chunk=str(self.chunks))
                raise

    def judge(self, source: str, lines: Sql, **parameters: object) -> None:
        """Insert lines through the source's SELECT and the contract."""
        contract = statement("ingest/contract", lines=lines, source=source_files(self.warehouse)[source])
        self.warehouse.run(
            statement("ingest/stage", staging=self.table, contract=contract),
            chunk=self.chunks,
            latest=self.latest,
            first_day=self.first_day,
            timezone=self.warehouse.settings.timezone,
            **parameters,
        )

    def _refuse_changed(self, store: LandingStore, entries: Sequence[Entry]) -> None:
        """A drop that changed while it was read is taken back; the next listing has it under its new etag."""
        changed = [
            number for number, entry in enumerate(entries, 1) if entry.drop.name not in self.errors and not store.is_current(entry.drop)
        ]
        if changed:
            self.warehouse.run(statement("ingest/unstage_drops", staging=self.table), drops=changed)
        for number in changed:
            self.errors[entries[number - 1].drop.name] = "changed while it was read; the next ingest loads it as it is then"


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
    parent = warehouse.settings.home.absolute() / "work"
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob("batch-*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=parent, prefix="batch-") as folder:
        yield Path(folder)


@contextmanager
def _linked(group: Sequence[Staged], folder: Path) -> Iterator[str]:
    """A pattern that matches links to the group's files, each named by its number: whatever the drops are called."""
    with tempfile.TemporaryDirectory(dir=folder, prefix="links-") as links:
        for item in group:
            form = item.entry.drop.format
            ending = f".{form.name}" + (f".{form.compression}" if form.compression else "")
            (Path(links) / f"{item.number:07}{ending}").symlink_to(item.path.absolute())
        yield f"{links}/*"


def _reason(error: EngineError) -> str:
    """The engine's message without the paths of this run."""
    text = str(error).split(": While reading from")[0].split(": (in file/uri")[0].split(": While executing")[0]
    text = re.sub(r"Code: \d+\. DB::Exception: ", "", text).replace("\n", " ").strip()
    return f"{text[:500]}; mend it and land it again, or try again with `ads drops retry`"
