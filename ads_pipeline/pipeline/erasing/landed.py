"""Take the lines of erased people out of landed drops.

Every drop is staged once more, as an ingest stages it, to see which lines name an erased person: this is right for every format and source.
A drop that has such lines is written anew without them and staged again, and takes its place only if it yields the same records without
theirs. Until the ledger has its new etag, the old one is marked there, so that a run after a kill takes it for the same drop.
"""

import logging
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ads_pipeline.errors import DropError, LandingError
from ads_pipeline.landing import Drop, LandingStore, WritableStore
from ads_pipeline.landing.blanking import Pattern
from ads_pipeline.pipeline.batch import Batch
from ads_pipeline.pipeline.erasing.leaving_out import found_lines
from ads_pipeline.pipeline.erasing.rewriting import holds_text, rewritten
from ads_pipeline.pipeline.ledger import Entry, Status, entry_of, write_entries
from ads_pipeline.pipeline.loading import WholeDrops
from ads_pipeline.pipeline.retries import with_retries
from ads_pipeline.pipeline.run import Run
from ads_pipeline.pipeline.staging import Staging, stage_drops
from ads_pipeline.pipeline.steps import clean, make_tables, stage
from ads_pipeline.warehouse.statements import statement
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
    for drops in _groups(run, store):
        landed.drops += len(drops)
        _clear(run, store, drops, pattern, landed, rewrite=rewrite)
    return landed


def _groups(run: Run, store: LandingStore) -> Iterator[list[Drop]]:
    group, size = list[Drop](), 0
    for drop in store.list():
        if group and (size + drop.size > run.settings.batch_bytes or len(group) == run.settings.batch_drops):
            yield group
            group, size = [], 0
        group.append(drop)
        size += drop.size
    if group:
        yield group


def _clear(run: Run, store: LandingStore, drops: Sequence[Drop], pattern: Pattern | None, landed: Landed, *, rewrite: bool) -> None:
    work = run.settings.work
    work.mkdir(parents=True, exist_ok=True)
    for left in work.glob("erase-*"):
        shutil.rmtree(left, ignore_errors=True)
    look = _look(run, store, drops)
    landed.unread |= look.errors
    known = {
        row["drop"]: row
        for row in run.warehouse.rows(statement("queries/ledger"), drops=[d.name for d in drops], status="", source="", limit=0)
    }
    with tempfile.TemporaryDirectory(dir=work, prefix="erase-") as folder:
        for drop in drops:
            row = known.get(drop.name)
            try:
                lines = _take_out(run, store, drop, row, look, pattern, Path(folder), rewrite=rewrite)
                landed.rewritten |= {drop.name: lines} if lines else {}
            except (DropError, LandingError) as error:
                landed.listed[drop.name] = str(error)
                log.warning("drop %s holds lines of erased people: %s", drop.name, error)
            _unmark(run, store, drop, row)


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
    sql = statement("erase/content", staging=batch.tables["staging"])
    for rows in on_shards(batch.warehouse, lambda shard: shard.rows(sql)):
        for row in rows:
            records, mark = content[names[row["drop_no"]]]
            content[names[row["drop_no"]]] = records + int(row["records"]), mark ^ int(row["mark"])
    return _Look(lines, content, dict(batch.errors))


def _take_out(
    run: Run,
    store: LandingStore,
    drop: Drop,
    row: dict[str, Any] | None,
    look: _Look,
    pattern: Pattern | None,
    folder: Path,
    *,
    rewrite: bool,
) -> int:
    """Write a drop anew if lines of it name erased people; returns how many went.

    Raises:
        DropError, LandingError: it has some, and they stay.
    """
    numbers = look.lines.get(drop.name, [])
    if not numbers and not pattern:
        return 0
    found = store.fetch([drop], folder)[drop.name]
    if isinstance(found, DropError):
        if numbers:
            raise found
        return 0
    if not numbers and not (pattern and holds_text(found, drop, pattern)):
        return 0
    if not rewrite:
        raise DropError(f"{len(numbers)} lines: ADS_ERASE_LANDED is `list`, its owner has to take them out")
    if not isinstance(store, WritableStore):
        raise DropError(f"{len(numbers)} lines: the landing store {store.url} is only read from here, its owner has to take them out")
    copy = rewritten(run.settings, drop, found, numbers, pattern, folder)
    _check_same(run, drop, copy, look, store)
    if row and _is_same(row, drop):
        _write(run, row, replace(drop, etag=f"{REWRITING}{drop.etag}"))
    new = store.replace(drop, copy)
    copy.unlink()
    if row and _is_same(row, drop):
        _write(run, row, new)
    log.info("drop %s: written anew, %d lines taken out", drop.name, len(numbers))
    return max(len(numbers), 1)


def _check_same(run: Run, drop: Drop, copy: Path, look: _Look, store: WritableStore) -> None:
    """Make sure that the copy of a drop yields what the drop does without the lines that go."""
    size = copy.stat().st_size
    again = _look(run, _Copies(store, copy), [replace(drop, size=size)])
    if drop.name not in look.errors and (again.errors or again.lines or again.content[drop.name] != look.content[drop.name]):
        raise DropError("written without these lines it would yield other events than now: its owner has to take them out")


def _is_same(row: dict[str, Any], drop: Drop) -> bool:
    """Whether the ledger has a drop as it is listed: one that was overwritten since is due, and stays so."""
    return row["etag"] == drop.etag or str(row["etag"]).startswith(REWRITING)


def _write(run: Run, row: dict[str, Any], drop: Drop) -> None:
    entry, status = entry_of(row), row["status"]
    entry = replace(entry, drop=replace(entry.drop, etag=drop.etag, size=drop.size))
    known: Status = status
    write_entries(run.warehouse, [entry], known, row["batch"], {drop.name: row["error"]})


def _unmark(run: Run, store: LandingStore, drop: Drop, row: dict[str, Any] | None) -> None:
    """Give a drop that a run which died has left marked, or could not replace, the etag of the file that is there."""
    del store
    if row and str(row["etag"]).startswith(REWRITING):
        current = run.warehouse.rows(statement("queries/ledger"), drops=[drop.name], status="", source="", limit=0)[0]
        if str(current["etag"]).startswith(REWRITING):
            _write(run, row, drop)


class _Copies:
    """A landing store in which one drop has another file."""

    def __init__(self, store: WritableStore, copy: Path) -> None:
        self._store, self._copy = store, copy
        self.url = store.url

    def list(self, after: str = "") -> Iterator[Drop]:
        """See `LandingStore.list`."""
        return self._store.list(after)

    def fetch(self, drops: Sequence[Drop], folder: Path) -> dict[str, Path | DropError]:
        """See `LandingStore.fetch`."""
        del folder
        return {drop.name: self._copy for drop in drops}

    def is_current(self, drop: Drop) -> bool:
        """See `LandingStore.is_current`."""
        del drop
        return True

    def check(self) -> str:
        """See `LandingStore.check`."""
        return self._store.check()
