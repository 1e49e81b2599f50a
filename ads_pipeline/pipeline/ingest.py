"""The verbs `ingest` and `reload`: list the landing store, cut batches, load each, report."""

import logging
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Any

from ads_pipeline.errors import MemoryLimitError, NotFetchedError
from ads_pipeline.landing import LandingStore
from ads_pipeline.pipeline.apart import apart_reasons, sparing
from ads_pipeline.pipeline.batch import Batch
from ads_pipeline.pipeline.books import Books, note_books, read_books
from ads_pipeline.pipeline.due import EVER, NO_DAY, DropFilter, DueDrops, due_drops
from ads_pipeline.pipeline.ledger import Counts, Entry
from ads_pipeline.pipeline.listing import Listing, forget_listing, open_listing
from ads_pipeline.pipeline.loading import WholeDrops
from ads_pipeline.pipeline.losses import settle_lost, urgent_drops
from ads_pipeline.pipeline.rebuild import lost_days
from ads_pipeline.pipeline.recount import vanish
from ads_pipeline.pipeline.retention import kept_from
from ads_pipeline.pipeline.retries import with_retries
from ads_pipeline.pipeline.run import Run
from ads_pipeline.pipeline.staging import Staging, stage_drops
from ads_pipeline.pipeline.steps import run_batch

log = logging.getLogger(__name__)

TOO_LARGE = 3
"""How many drops in a row may be too large for the engine's memory; one more ends the run with the memory error."""


@dataclass
class Report:
    """What a run did.

    Args:
        seconds: of wall time.
        bytes: as the drops are stored.
        hints: what seems to be wrong with drops of which (nearly) every line is refused for the same reason, by drop name.
        apart: the rollups set apart, with their reasons.
        listed_from: the first day whose folders were listed, unless the landing store was listed whole.
    """

    batches: int = 0
    drops: int = 0
    failed_drops: int = 0
    counts: Counts = field(default_factory=Counts)
    bytes: int = 0
    seconds: float = 0.0
    event_days: set[date] = field(default_factory=set)
    errors: dict[str, str] = field(default_factory=dict)
    hints: dict[str, str] = field(default_factory=dict)
    apart: dict[str, str] = field(default_factory=dict)
    listed_from: date | None = None

    def add(self, batch: Batch) -> None:
        """Add a batch that was loaded."""
        self.batches += 1
        self.drops += len(batch.loaded)
        failed = {name: error for name, error in batch.errors.items() if name not in batch.gone}
        self.failed_drops += len(failed)
        self.counts += batch.counts
        self.bytes += sum(entry.drop.size for entry in batch.loaded)
        self.event_days.update(batch.days)
        self.errors.update(failed)
        self.hints.update(batch.hints)

    def as_dict(self) -> dict[str, Any]:
        """The report as `ads ingest --json` prints it; `hints`, `rollups_apart` (by name), `listed_from` only where there are any."""
        hints: dict[str, Any] = {"hints": self.hints} if self.hints else {}
        apart: dict[str, Any] = {"rollups_apart": self.apart} if self.apart else {}
        listed = {"listed_from": self.listed_from.isoformat()} if self.listed_from else {}
        return {
            "batches": self.batches,
            "drops": self.drops,
            "failed_drops": self.failed_drops,
            "lines": self.counts.lines,
            "records": self.counts.records,
            "ignored": self.counts.ignored,
            "ignored_reasons": self.counts.ignored_reasons,
            "accepted": self.counts.accepted,
            "duplicates": self.counts.duplicates,
            "corrections": self.counts.corrections,
            "quarantined": self.counts.quarantined,
            "bytes": self.bytes,
            "seconds": round(self.seconds, 3),
            "event_days": [day.isoformat() for day in sorted(self.event_days)],
            **hints,
            **apart,
            **listed,
        }


class Progress:
    """Receives the progress of a run; this default ignores it."""

    def begin(self, drops: int, size: int) -> None:
        """The run will load `drops` drops of `size` bytes in all."""

    def advance(self, size: int, drops: int) -> None:
        """The run has staged `size` more bytes and `drops` more drops."""

    def step(self, name: str) -> None:
        """A batch begins a step (`steps.STEPS`); after its last one, `name` is empty."""


def ingest(
    run: Run,
    store: LandingStore,
    *,
    source: str | None = None,
    limit: int | None = None,
    landed: tuple[date, date] | None = None,
    whole: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Load every drop that is new, changed or unfinished, in the order of receipt; first those whose rows raw has lost.

    A store of more than 10,000 drops is listed whole every `ADS_LIST_WHOLE_EVERY`; in between, old day folders are left out that have not
    changed, as far as the store knows that.

    Args:
        source: only drops of this source.
        limit: the maximum number of drops, not counting those whose rows raw has lost.
        landed: only drops that landed on these days, both ends included; drops that a dead run left or raw lacks rows of are loaded too.
        whole: list the store whole now.
    """
    days = (max(landed[0], EVER[0]), min(landed[1], EVER[1])) if landed else EVER
    urgent, books = _urgent(run)
    most = limit + len(urgent) if limit else 0
    chosen = DropFilter(days, source or "", limit=most, urgent=urgent, whole=whole)
    return _load_due(run, store, chosen, books, progress or Progress())


def reload(
    run: Run, store: LandingStore, first: date, last: date, *, source: str | None = None, progress: Progress | None = None
) -> Report:
    """Load again the drops that landed from `first` to `last`, both included; nothing counts twice."""
    urgent, books = _urgent(run)
    return _load_due(run, store, DropFilter((first, last), source or "", again=True, urgent=urgent), books, progress or Progress())


def load_again(run: Run, store: LandingStore, names: Collection[str]) -> Report:
    """Load drops of these names, whatever their status."""
    books = with_retries(lambda: read_books(run.warehouse), run.warehouse.quiesce)
    return _load_due(run, store, DropFilter(NO_DAY, urgent=frozenset(names)), books, Progress())


def _urgent(run: Run) -> tuple[frozenset[str], Books]:
    """The drops to load before others, and the bookkeeping as it stands."""

    def found() -> tuple[frozenset[str], Books]:
        books = read_books(run.warehouse)
        if not books.whole and books.listed:
            forget_listing(run.warehouse)
            books = replace(books, listed="")
        return urgent_drops(run.warehouse, run.settings, run.found.notes, books), books

    return with_retries(found, run.warehouse.quiesce)


def _load_due(run: Run, store: LandingStore, chosen: DropFilter, books: Books, progress: Progress) -> Report:
    chosen = replace(chosen, named=chosen.urgent | books.unfinished)
    listing = open_listing(run, store, chosen, books.listed)
    with due_drops(run, listing.drops, chosen) as due:
        if left := [name for name, status in due.gone.items() if status in ("loaded", "failed")]:
            text = "%d drops of these days are no longer in the landing store and stay as they are, for example %s"
            log.warning(text, len(left), left[0])
        if ended := [name for name, status in due.gone.items() if status in ("loading", "pending")]:
            with_retries(lambda: vanish(run.warehouse, ended, kept_from(run.warehouse, run.settings)), run.recover)
        report = _load(run, store, due, progress)
        report.listed_from = listing.look.first_day if listing.look else None
        with_retries(partial(_note_end, run, listing, report), run.recover)
        return report


def _note_end(run: Run, listing: Listing, report: Report) -> None:
    """Note what the next run may rest on."""
    listing.note()
    if report.batches and (books := read_books(run.warehouse)).whole:
        note_books(run.warehouse, books)


def _load(run: Run, store: LandingStore, due: DueDrops, progress: Progress) -> Report:
    started, report, settings = time.monotonic(), Report(), run.settings
    too_large, restored, restoring = list[str](), set[str](), True
    progress.begin(due.drops, due.bytes)
    for group in due.batches(settings.batch_bytes, settings.batch_drops):
        if restoring and not group[0].urgent:
            _settle_lost(run, restored)
            restoring = False

        def fill(staging: Staging, entries: Sequence[Entry]) -> None:
            stage_drops(staging, store, entries, progress.advance)

        for batch in _fitting(run, group, fill, too_large, progress):
            progress.step("")
            if batch.loaded:
                too_large.clear()
            report.add(batch)
            restored.update(entry.drop.name for entry in batch.loaded)
            log.info("batch %s: %d drops, %s", batch.id, len(batch.entries), batch.counts)
    if restoring:
        _settle_lost(run, restored)
    report.apart = apart_reasons(run.warehouse, run.settings) if report.batches else run.found.apart
    report.seconds = time.monotonic() - started
    log.info(
        "ingest: %d drops in %d batches, %s; %d drops failed; %.1f s",
        report.drops, report.batches, report.counts, report.failed_drops, report.seconds,
    )  # fmt: skip
    return report


def _settle_lost(run: Run, restored: Collection[str]) -> None:
    """Settle the days that raw had lost rows of, once these are loaded again and before anything new is."""
    if lost_days(run.found.notes):
        with_retries(lambda: settle_lost(run.warehouse, run.settings, run.rollups, restored), run.recover)


def _fitting(
    run: Run, group: Sequence[Entry], fill: Callable[[Staging, Sequence[Entry]], None], too_large: list[str], progress: Progress
) -> Iterator[Batch]:
    """Load drops as one batch; if the engine's memory is too small for it, in halves. A single drop that is too large fails.

    Args:
        fill: puts the lines of drops into the tables of a batch.

    Raises:
        MemoryLimitError: more than `TOO_LARGE` drops in a row (`too_large`) did not fit alone: the memory is short, not the drops large.
    """
    try:
        yield _load_batch(run, group, lambda staging: fill(staging, group), progress)
    except MemoryLimitError as error:
        if len(group) == 1:
            too_large.append(group[0].drop.name)
            if len(too_large) > TOO_LARGE:
                raise
            reason = NotFetchedError(f"too large for the engine's memory; the next ingest tries again{_more_memory(run, error)}")
            run.recover()
            yield _load_batch(run, group, lambda staging: staging.refuse(group[0].drop.name, reason), progress)
            return
        log.warning("%d drops are too large for the engine's memory together, and are loaded in two batches", len(group))
        run.recover()
        for half in (group[: len(group) // 2], group[len(group) // 2 :]):
            yield from _fitting(run, half, fill, too_large, progress)


def _more_memory(run: Run, error: MemoryLimitError) -> str:
    """What helps a drop that is too large."""
    if not error.of_statement:
        return f" ({error})"
    memory = run.warehouse.connection.memory
    more = f"a statement may use {memory >> 20:,} MiB: raise ADS_MEMORY" if memory else "raise max_memory_usage in the user's profile"
    return f"; {more}, or land it in several drops"


def _load_batch(run: Run, group: Sequence[Entry], fill: Callable[[Staging], None], progress: Progress) -> Batch:
    """Load drops as one batch: again after transient errors, and without a rollup whose SELECT fails."""

    def load() -> Batch:
        return run_batch(Batch(run.warehouse, run.settings, list(group), run.rollups, WholeDrops(fill)), progress.step)

    return sparing(run.warehouse, run.settings, run.rollups, partial(with_retries, load, run.recover), run.recover)
