"""The verbs `ingest` and `reload`: list the landing store, cut batches, load each, report."""

import logging
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from ads_pipeline.errors import MemoryLimitError, NotFetchedError
from ads_pipeline.landing import Drop, LandingStore
from ads_pipeline.pipeline.apart import apart_reasons, sparing
from ads_pipeline.pipeline.batch import Batch
from ads_pipeline.pipeline.ledger import Counts, Entry
from ads_pipeline.pipeline.listing import EVER, Listing, Wanted, listed
from ads_pipeline.pipeline.losses import settle_lost, urgent_drops
from ads_pipeline.pipeline.recount import vanish
from ads_pipeline.pipeline.recovery import recover
from ads_pipeline.pipeline.retries import with_retries
from ads_pipeline.pipeline.rollups import Rollup, all_rollups
from ads_pipeline.pipeline.schema import prepare
from ads_pipeline.pipeline.sources import find_source
from ads_pipeline.pipeline.staging import Staging, stage_drops
from ads_pipeline.pipeline.steps import load_batch
from ads_pipeline.warehouse.statements import statement
from ads_pipeline.warehouse.warehouse import Warehouse

log = logging.getLogger(__name__)

_NO_DAY = (date(1970, 1, 2), date(1970, 1, 1))
"""No landed day at all: only what is urgent."""

TOO_LARGE = 3
"""Drops of a run that may be too large for the engine's memory; with one more it is the memory that is short."""


@dataclass
class Report:
    """What a run did; `seconds` of wall time, `bytes` as the drops are stored, `apart` the rollups set apart with their reasons."""

    batches: int = 0
    drops: int = 0
    failed_drops: int = 0
    counts: Counts = field(default_factory=Counts)
    bytes: int = 0
    seconds: float = 0.0
    event_days: set[date] = field(default_factory=set)
    errors: dict[str, str] = field(default_factory=dict)
    apart: dict[str, str] = field(default_factory=dict)

    def add(self, batch: Batch) -> None:
        """Add a batch that was loaded."""
        self.batches += 1
        self.drops += len(batch.loaded)
        self.failed_drops += len(batch.errors)
        self.counts += batch.counts
        self.bytes += sum(entry.drop.size for entry in batch.loaded)
        self.event_days.update(batch.days)
        self.errors.update(batch.errors)

    def as_dict(self) -> dict[str, Any]:
        """The report as `ads ingest --json` prints it; `rollups_apart` (reasons by name) only where there are any."""
        apart = {"rollups_apart": self.apart} if self.apart else {}
        return {
            "batches": self.batches,
            "drops": self.drops,
            "failed_drops": self.failed_drops,
            "lines": self.counts.lines,
            "accepted": self.counts.accepted,
            "duplicates": self.counts.duplicates,
            "corrections": self.counts.corrections,
            "quarantined": self.counts.quarantined,
            "bytes": self.bytes,
            "seconds": round(self.seconds, 3),
            "event_days": [day.isoformat() for day in sorted(self.event_days)],
            **apart,
        }


class Progress:
    """What a caller may want to see of a run; the default looks away."""

    def begin(self, drops: int, size: int) -> None:
        """So many drops and bytes are to be loaded."""

    def advance(self, size: int, drops: int) -> None:
        """So many more bytes and drops have entered."""


def ingest(
    warehouse: Warehouse,
    store: LandingStore,
    *,
    source: str | None = None,
    limit: int | None = None,
    landed: tuple[date, date] | None = None,
    progress: Progress | None = None,
) -> Report:
    """Load every drop that the ledger does not have, in the order of receipt; before these, what raw has lost.

    Args:
        source: only drops of this source.
        limit: at most so many drops; those that bring back what raw has lost come besides.
        landed: only drops that landed on these days, both ends included; what a dead run left and what raw lacks is taken too.
    """
    prepare(warehouse)
    days = (max(landed[0], EVER[0]), min(landed[1], EVER[1])) if landed else EVER
    urgent = with_retries(partial(urgent_drops, warehouse), warehouse.quiesce)
    most = limit + len(urgent) if limit else 0
    return _ingest(warehouse, store, Wanted(days, source or "", limit=most, urgent=urgent), progress or Progress())


def reload(
    warehouse: Warehouse, store: LandingStore, first: date, last: date, *, source: str | None = None, progress: Progress | None = None
) -> Report:
    """Load again the drops that landed from `first` to `last`, both included; nothing counts twice."""
    prepare(warehouse)
    urgent = with_retries(partial(urgent_drops, warehouse), warehouse.quiesce)
    return _ingest(warehouse, store, Wanted((first, last), source or "", again=True, urgent=urgent), progress or Progress())


def load_again(warehouse: Warehouse, store: LandingStore, names: Collection[str]) -> Report:
    """Load drops of these names, whatever the ledger says of them."""
    return _ingest(warehouse, store, Wanted(_NO_DAY, urgent=frozenset(names)), Progress())


def _ingest(warehouse: Warehouse, store: LandingStore, wanted: Wanted, progress: Progress) -> Report:
    with listed(warehouse, partial(_listed, warehouse, store, wanted), wanted) as listing:
        if left := [name for name, status in listing.gone.items() if status in ("loaded", "failed")]:
            text = "%d drops of these days are no longer in the landing store and are left as they are, %s for one"
            log.warning(text, len(left), left[0])
        if ended := [name for name, status in listing.gone.items() if status in ("loading", "pending")]:
            with_retries(partial(vanish, warehouse, ended), partial(recover, warehouse))
        return _load(warehouse, store, listing, progress)


def _listed(warehouse: Warehouse, store: LandingStore, wanted: Wanted) -> Iterator[Drop]:
    """What may be wanted of what is listed. The ledger may know a drop of another landed day than its file says now."""
    source = find_source(warehouse.settings, wanted.source) if wanted.source else None
    first, last = wanted.landed
    of_any_day = wanted.again or wanted.landed == EVER
    named = set() if of_any_day else wanted.urgent | set(warehouse.column(statement("queries/unfinished_drops")))
    for drop in store.list():
        if source in (None, drop.source) and (of_any_day or first <= drop.landed_day <= last or drop.name in named):
            yield drop


def _load(warehouse: Warehouse, store: LandingStore, listing: Listing, progress: Progress) -> Report:
    started, report = time.monotonic(), Report()
    rollups, too_large = with_retries(partial(all_rollups, warehouse), warehouse.quiesce), list[str]()
    progress.begin(listing.drops, listing.bytes)
    restored, restoring = set[str](), True
    for group in listing.batches(warehouse.settings.batch_bytes, warehouse.settings.batch_drops):
        if restoring and not group[0].urgent:
            _settle_lost(warehouse, rollups, restored)
            restoring = False

        def bring(entries: Sequence[Entry], staging: Staging) -> None:
            stage_drops(staging, store, entries, progress.advance)

        for batch in _fitting(warehouse, group, rollups, bring, too_large):
            report.add(batch)
            restored.update(entry.drop.name for entry in batch.loaded)
            log.info("batch %s: %d drops, %s", batch.id, len(batch.entries), batch.counts)
    if restoring:
        _settle_lost(warehouse, rollups, restored)
    report.seconds, report.apart = time.monotonic() - started, apart_reasons(warehouse)
    log.info(
        "ingest: %d drops in %d batches, %d lines: %d accepted, %d duplicates, %d corrections, %d quarantined; %d drops failed; %.1f s",
        report.drops, report.batches, report.counts.lines, report.counts.accepted, report.counts.duplicates,
        report.counts.corrections, report.counts.quarantined, report.failed_drops, report.seconds,
    )  # fmt: skip
    return report


def _settle_lost(warehouse: Warehouse, rollups: Sequence[Rollup], restored: Collection[str]) -> None:
    """What raw had lost is loaded again before anything new: the days are settled then."""
    with_retries(partial(settle_lost, warehouse, rollups, restored), partial(recover, warehouse))


def _fitting(
    warehouse: Warehouse,
    group: Sequence[Entry],
    rollups: list[Rollup],
    bring: Callable[[Sequence[Entry], Staging], None],
    too_large: list[str],
) -> Iterator[Batch]:
    """Load drops as one batch; when the engine's memory does not suffice, halves of them, and one that is too large is set apart.

    Raises:
        MemoryLimitError: so many drops alone were too large (`too_large` has their names) that it is not for them.
    """
    try:
        load, settle = partial(load_batch, warehouse, group, rollups, partial(bring, group)), partial(recover, warehouse)
        yield sparing(warehouse, rollups, partial(with_retries, load, settle), settle)
    except MemoryLimitError as error:
        if len(group) == 1:
            too_large.append(group[0].drop.name)
            if len(too_large) > TOO_LARGE:
                raise
            reason = NotFetchedError(f"the engine's memory does not suffice for it; the next ingest tries again ({error})")
            apart = partial(load_batch, warehouse, group, rollups, lambda staging: staging.refuse(group[0].drop.name, reason))
            recover(warehouse)
            yield sparing(warehouse, rollups, partial(with_retries, apart, partial(recover, warehouse)), partial(recover, warehouse))
            return
        log.warning("%d drops are loaded in two batches, as the engine's memory does not suffice", len(group))
        recover(warehouse)
        for half in (group[: len(group) // 2], group[len(group) // 2 :]):
            yield from _fitting(warehouse, half, rollups, bring, too_large)
