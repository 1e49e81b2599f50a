"""Take the lines of erased people out of landed drops.

Every drop is staged once more, as an ingest stages it, to see which lines name an erased person: this is right for every format and source.
A drop that has such lines is written anew without them and staged again, and takes its place only if it yields the same records without
theirs. Until the ledger has its new etag, the old one is marked there, so that a run after a kill takes it for the same drop.
"""

import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from pathlib import Path
from typing import Any

from ads_pipeline.errors import DropError, LandingError
from ads_pipeline.landing import Drop, LandingStore, Look, WritableStore
from ads_pipeline.landing.blanking import Pattern
from ads_pipeline.pipeline.batch import Batch
from ads_pipeline.pipeline.erasing.leaving_out import found_lines
from ads_pipeline.pipeline.erasing.rewriting import holds_text, rewritten
from ads_pipeline.pipeline.grouping import in_groups
from ads_pipeline.pipeline.ledger import Entry, Status, entry_of, write_entries
from ads_pipeline.pipeline.loading import WholeDrops
from ads_pipeline.pipeline.retries import with_retries
from ads_pipeline.pipeline.run import Run
from ads_pipeline.pipeline.staging import Staging, stage_drops
from ads_pipeline.pipeline.steps import clean, make_tables, stage
from ads_pipeline.warehouse.statements import of_batch, statement
from ads_pipeline.warehouse.warehouse import on_shards

log = logging.getLogger(__name__)

REWRITING = "rewriting:"
"""Begins the etag of a drop in the ledger while its file is replaced: any file of its name is that drop (`ingest/chosen`)."""


@dataclass
class Landed:
    """What became of landed drops.

    Args:
        drops: how many were read.
        rewritten: those written anew, with how many lines went.
        listed: those that hold lines of erased people still, for their owner, with the reason.
        unread: those that could not be read, with the reason: they may hold such lines.
    """

    drops: int = 0
    rewritten: dict[str, int] = field(default_factory=dict)
    listed: dict[str, str] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)

    @property
    def found(self) -> bool:
        """Whether any drop had lines of erased people."""
        return bool(self.rewritten or self.listed)


@dataclass(frozen=True, slots=True)
class _Look:
    """What staging drops has shown, by name: numbers of the lines to erase, what stands for all other records, errors."""

    lines: dict[str, list[int]]
    content: dict[str, tuple[int, int]]
    errors: dict[str, str]


def clear_drops(run: Run, store: LandingStore, pattern: Pattern | None, *, rewrite: bool) -> Landed:
    """Take the lines of erased people out of all landed drops.

    Args:
        pattern: finds ids in bytes: in lines that a source ignores, of which no record is staged.
        rewrite: whether to; otherwise drops with such lines are listed.
    """
    landed = Landed()
    size_of: Callable[[Drop], int] = attrgetter("size")
    for drops in in_groups(store.list(), size_of, run.settings.batch_bytes, run.settings.batch_drops):
        landed.drops += len(drops)
        _clear(run, store, drops, pattern, landed, rewrite=rewrite)
    return landed


def _clear(run: Run, store: LandingStore, drops: Sequence[Drop], pattern: Pattern | None, landed: Landed, *, rewrite: bool) -> None:
    work = run.settings.work
    work.mkdir(parents=True, exist_ok=True)
    for left in work.glob("erase-*"):
        shutil.rmtree(left, ignore_errors=True)
    rows = _ledger(run, drops)
    look = _look(run, store, drops)
    landed.unread |= look.errors
    with tempfile.TemporaryDirectory(dir=work, prefix="erase-") as folder:
        copies = dict[Drop, Path]()
        for number, drop in enumerate(drops):
            try:
                if copy := _written(run, store, drop, look.lines.get(drop.name, []), pattern, Path(folder) / str(number), rewrite=rewrite):
                    copies[drop] = copy
            except DropError as error:
                landed.listed[drop.name] = str(error)
        for drop in _changed(run, store, copies, look):
            landed.listed[drop.name] = "written without these lines it would yield other events than now: its owner has to take them out"
            del copies[drop]
        _replace(run, store, copies, rows, landed)
        landed.rewritten |= {drop.name: max(1, len(look.lines.get(drop.name, []))) for drop in copies if drop.name not in landed.listed}
    stayed = {drop.name: drop for drop in drops if drop not in copies}
    _write(run, [(row, stayed[name]) for name, row in rows.items() if name in stayed and row["etag"].startswith(REWRITING)])
    for name in look.lines.keys() & landed.listed.keys():
        log.warning("drop %s holds lines of erased people: %s", name, landed.listed[name])


def _ledger(run: Run, drops: Sequence[Drop]) -> dict[str, dict[str, Any]]:
    """Rows of the ledger by name, of the drops that it has as they are listed: one that was overwritten since is due, and stays so."""
    values = {"drops": [drop.name for drop in drops], "status": "", "source": "", "limit": 0}
    etags = {drop.name: drop.etag for drop in drops}
    rows = run.warehouse.rows(statement("queries/ledger"), **values)
    return {row["drop"]: row for row in rows if row["etag"] == etags[row["drop"]] or row["etag"].startswith(REWRITING)}


def _look(run: Run, store: LandingStore, drops: Sequence[Drop]) -> _Look:
    entries = [Entry(drop) for drop in drops]

    def fill(staging: Staging) -> None:
        stage_drops(staging, store, entries, lambda _size, _drops: None)

    def look() -> _Look:
        batch = Batch(run.warehouse, run.settings, list(entries), run.rollups, WholeDrops(fill))
        with run.warehouse.tagged(batch=batch.id):
            make_tables(batch)
            stage(batch)
            found = _seen(batch)
            clean(batch)
        return found

    return with_retries(look, run.recover)


def _seen(batch: Batch) -> _Look:
    names = {number: entry.drop.name for number, entry in enumerate(batch.entries, 1)}
    lines = {names[number]: lines for number, lines in found_lines(batch.warehouse, batch.tables["erased"]).items()}
    content = dict.fromkeys(names.values(), (0, 0))
    sql = of_batch("erase/content", batch.tables)
    for rows in on_shards(batch.warehouse, lambda shard: shard.rows(sql)):
        for row in rows:
            records, mark = content[names[row["drop_no"]]]
            content[names[row["drop_no"]]] = records + int(row["records"]), mark ^ int(row["mark"])
    return _Look(lines, content, dict(batch.errors))


def _written(
    run: Run, store: LandingStore, drop: Drop, numbers: Sequence[int], pattern: Pattern | None, folder: Path, *, rewrite: bool
) -> Path | None:
    """A copy of a drop without the lines that name erased people; None if it has none.

    Raises:
        DropError: it has some, and they stay.
    """
    if not numbers and not pattern:
        return None
    folder.mkdir()
    found = store.fetch([drop], folder)[drop.name]
    if isinstance(found, DropError):
        if numbers:
            raise found
        return None
    if not numbers and not (pattern and holds_text(found, drop, pattern)):
        return None
    if not rewrite:
        raise DropError(f"{len(numbers)} lines: ADS_ERASE_LANDED is `list`, its owner has to take them out")
    if not isinstance(store, WritableStore):
        raise DropError(f"{len(numbers)} lines: the landing store {store.url} is only read from here, its owner has to take them out")
    return rewritten(run.settings, drop, found, numbers, pattern, folder)


def _changed(run: Run, store: LandingStore, copies: Mapping[Drop, Path], look: _Look) -> list[Drop]:
    """The drops whose copy does not yield what the drop does without the lines that go. One that cannot be loaded yields nothing."""
    if not copies:
        return []
    files = {drop.name: copy for drop, copy in copies.items()}
    again = _look(run, _Copies(store, files), [replace(drop, size=copy.stat().st_size) for drop, copy in copies.items()])
    return [
        drop
        for drop in copies
        if drop.name not in look.errors
        and (drop.name in again.errors or drop.name in again.lines or again.content[drop.name] != look.content[drop.name])
    ]


def _replace(run: Run, store: LandingStore, copies: Mapping[Drop, Path], rows: Mapping[str, dict[str, Any]], landed: Landed) -> None:
    """Put copies in the place of drops. In the ledger they are marked before, and have their new etags afterwards."""
    if not copies or not isinstance(store, WritableStore):
        return
    known = {drop.name: rows[drop.name] for drop in copies if drop.name in rows}
    _write(run, [(known[drop.name], replace(drop, etag=f"{REWRITING}{drop.etag}")) for drop in copies if drop.name in known])
    written = dict[str, Drop]()
    for drop, copy in copies.items():
        try:
            written[drop.name] = store.replace(drop, copy)
            log.info("drop %s: written anew without lines of erased people", drop.name)
        except LandingError as error:
            landed.listed[drop.name], written[drop.name] = str(error), drop
    _write(run, [(row, written[name]) for name, row in known.items()])


def _write(run: Run, changes: Sequence[tuple[dict[str, Any], Drop]]) -> None:
    """Give drops of the ledger the etag and the size of a file; all else stays."""
    groups: dict[tuple[Status, str], list[tuple[dict[str, Any], Drop]]] = {}
    for row, drop in changes:
        groups.setdefault((row["status"], row["batch"]), []).append((row, drop))
    for (status, batch), group in groups.items():
        entries = [replace(entry_of(row), drop=replace(entry_of(row).drop, etag=drop.etag, size=drop.size)) for row, drop in group]
        write_entries(run.warehouse, entries, status, batch, {row["drop"]: row["error"] for row, _ in group})


class _Copies:
    """A landing store in which drops have other files, by their names."""

    def __init__(self, store: LandingStore, copies: Mapping[str, Path]) -> None:
        self._store, self._copies = store, copies
        self.url = store.url

    def list(self, after: str = "", look: Look | None = None) -> Iterator[Drop]:
        """See `LandingStore.list`."""
        return self._store.list(after, look)

    def find(self, name: str) -> Drop | None:
        """See `LandingStore.find`."""
        return self._store.find(name)

    def fetch(self, drops: Sequence[Drop], folder: Path) -> dict[str, Path | DropError]:
        """See `LandingStore.fetch`."""
        del folder
        return {drop.name: self._copies[drop.name] for drop in drops}

    def is_current(self, drop: Drop) -> bool:
        """See `LandingStore.is_current`."""
        del drop
        return True

    def is_gone(self, drop: Drop) -> bool:
        """See `LandingStore.is_gone`."""
        del drop
        return False

    def check(self) -> str:
        """See `LandingStore.check`."""
        return self._store.check()
