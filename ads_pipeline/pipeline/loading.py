"""Whole drops as the content of a batch: how their lines are staged and written to quarantine and ledger."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

from ads_pipeline.pipeline.batch import Batch
from ads_pipeline.pipeline.hints import hints
from ads_pipeline.pipeline.ledger import Entry, write_entries
from ads_pipeline.pipeline.recount import recount_days, vanish
from ads_pipeline.pipeline.staging import Staging

TEXTS = 64 << 20
"""Bytes of lines that are held at a time, to give their text to records which do not carry it."""


@dataclass(frozen=True, slots=True)
class WholeDrops:
    """All lines of drops; `stage` puts them into the tables of a batch."""

    whole: ClassVar[bool] = True
    stage: Callable[[Staging], None]

    def claim(self, batch: Batch) -> None:
        """See `Content.claim`."""
        batch.entries = [replace(entry, first_day=batch.first_day) for entry in batch.entries]
        write_entries(batch.warehouse, batch.entries, "loading", batch.id)

    def fill(self, batch: Batch, staging: Staging) -> None:
        """See `Content.fill`."""
        self.stage(staging)

    def quarantine(self, batch: Batch) -> None:
        """See `Content.quarantine`. Lines of these drops that are no longer refused leave it."""
        failed = [number for number, entry in enumerate(batch.entries, 1) if entry.drop.name in batch.errors]
        batch.warehouse.run(batch.sql("release_lines"), failed=failed, revision=batch.warehouse.next_revision())
        size = batch.warehouse.value(batch.sql("bare_bytes")) if batch.counts.quarantined else 0
        slices = math.ceil(size / TEXTS)
        for number in range(slices or 1):
            sql = batch.sql("quarantine_lines", shared=bool(slices))
            batch.warehouse.run(sql, revision=batch.warehouse.next_revision(), slices=slices, slice=number)

    def enter(self, batch: Batch) -> None:
        """See `Content.enter`: counts by day, then each drop's status with its counts."""
        batch.warehouse.run(batch.sql("drop_days"), revision=batch.warehouse.next_revision())
        if any(entry.known for entry in batch.entries):
            recount_days(batch.warehouse, batch.sql("known_drops"), batch.first_day, batch.lacking)
        batch.hints = hints(batch)
        loaded = [replace(entry, hint=batch.hints.get(entry.drop.name, "")) for entry in batch.loaded]
        write_entries(batch.warehouse, loaded, "loaded", batch.id, seconds=time.monotonic() - batch.began)
        failed = [_failed(batch, entry) for entry in batch.entries if entry.drop.name in batch.errors.keys() - batch.gone]
        write_entries(batch.warehouse, failed, "failed", batch.id, batch.errors)
        if batch.gone:
            vanish(batch.warehouse, sorted(batch.gone), batch.first_day)


def _failed(batch: Batch, entry: Entry) -> Entry:
    """A drop with the counts that it had. One to be tried again gets no etag, so that the next listing differs from the ledger."""
    drop = replace(entry.drop, etag="") if entry.drop.name in batch.again else entry.drop
    return replace(entry, drop=drop, counts=batch.before[entry.drop.name])
