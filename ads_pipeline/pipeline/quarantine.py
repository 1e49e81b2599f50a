"""Refused records: list them, judge them again, or discard them."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from ads_pipeline.errors import UsageError
from ads_pipeline.pipeline.apart import sparing
from ads_pipeline.pipeline.batch import Batch
from ads_pipeline.pipeline.ledger import Counts, Entry, entry_of, read_ledger, write_entries
from ads_pipeline.pipeline.recount import recount_days
from ads_pipeline.pipeline.run import Run
from ads_pipeline.pipeline.staging import RECORDS, Staging
from ads_pipeline.pipeline.staging.formats import PLAIN_LINES
from ads_pipeline.pipeline.staging.items import Item, grouped
from ads_pipeline.pipeline.steps import run_batch
from ads_pipeline.warehouse.statements import Name, statement
from ads_pipeline.warehouse.warehouse import Warehouse

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Selection:
    """Records held in quarantine: all, or those of these ids, these drops, with this reason."""

    ids: tuple[str, ...] = ()
    drops: tuple[str, ...] = ()
    reason: str = ""

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of `queries/quarantine_where`."""
        return {"ids": list(self.ids), "drops": list(self.drops), "reason": self.reason}


def list_lines(warehouse: Warehouse, chosen: Selection, limit: int = 0) -> list[dict[str, Any]]:
    """Records held: `id, drop, source, line_number, record, reasons, line, quarantined_at`, the newest first; limit 0 is none."""
    sql = statement("queries/quarantine")
    rows = warehouse.rows(sql, limit=limit, **chosen.parameters)
    if missing := set(chosen.ids) - {row["id"] for row in rows} if not limit else set():
        raise UsageError(f"quarantine holds no line {sorted(missing)[0]!r}; `ads quarantine list` shows those it holds")
    return rows


def discard(warehouse: Warehouse, chosen: Selection) -> int:
    """Discard records: they leave quarantine and stay counted as quarantined. Returns how many."""
    count = len(list_lines(warehouse, chosen))
    warehouse.run(
        statement("maintenance/discard_lines"),
        revision=warehouse.next_revision(),
        **chosen.parameters,
    )
    return count


def empty_old_lines(warehouse: Warehouse, days: int) -> None:
    """Let the content go of lines that have been in quarantine for longer than `days` (0: none); they are discarded, and stay counted."""
    if days:
        warehouse.run(statement("maintenance/empty_lines"), revision=warehouse.next_revision(), days=days)


def replay(run: Run, chosen: Selection) -> Counts:
    """Judge records again, after a source or a setting has changed; those that are valid now are loaded and leave quarantine.

    The source gets the line that a record is of, and the record at the same place in its `events` is taken; of a line that was refused as
    a whole, or as its only record, all that it yields now, and if the source ignores it now, it is counted as ignored. A record whose place
    is empty now stays. They count in the order of receipt as records of their drops. Those of a drop that is not loaded at the moment (its
    run died, or its new content failed) stay until it is. Run again: no change. Returns the counts of what was judged.
    """
    warehouse = run.warehouse
    list_lines(warehouse, chosen)
    held = warehouse.column(statement("queries/quarantine_drops"), **chosen.parameters)
    total, size = Counts(), run.settings.batch_drops
    for at in range(0, len(held), size):
        total += _replay_drops(run, chosen, _loaded(warehouse, held[at : at + size]))
    return total


def _loaded(warehouse: Warehouse, drops: Sequence[str]) -> list[dict[str, Any]]:
    rows = read_ledger(warehouse, drops=drops)
    for row in rows:
        if row["status"] != "loaded":
            remedy = "`ads drops retry`, then `ads ingest`" if row["status"] == "failed" else "`ads ingest`"
            log.warning("%s is %s: its lines can be replayed when it is loaded; run %s", row["drop"], row["status"], remedy)
    return [row for row in rows if row["status"] == "loaded"]


def _replay_drops(run: Run, chosen: Selection, rows: Sequence[dict[str, Any]]) -> Counts:
    if not rows:
        return Counts()
    before = [entry_of(row) for row in rows]

    def replay_batch() -> Batch:
        return run_batch(Batch(run.warehouse, run.settings, list(before), run.rollups, _HeldLines(chosen, before)))

    return sparing(run.warehouse, run.settings, run.rollups, replay_batch, run.recover).counts


@dataclass(frozen=True, slots=True)
class _HeldLines:
    """Records of drops that quarantine holds; `before` has the entries of these drops in the ledger."""

    whole: ClassVar[bool] = False
    chosen: Selection
    before: Sequence[Entry]

    def claim(self, batch: Batch) -> None:
        """Nothing to do: the drops stay `loaded`."""

    def fill(self, batch: Batch, staging: Staging) -> None:
        """See `Content.fill`."""
        lines, values = batch.sql("lines_quarantine"), self._values(batch)
        items = [Item(number, entry, None) for number, entry in enumerate(batch.entries, 1)]
        for source, group in grouped(items, lambda item: item.entry.drop.source):
            staging.judge(source, group, lines, PLAIN_LINES.settings, held_of=source, **values)
        for name, error in staging.errors.items():
            raise UsageError(f"{name} cannot be judged again: {error}")
        for part, column in RECORDS.items():
            sql = batch.sql("unstage_unheld", table=batch.tables[part], drop_column=column, database=Name(batch.settings.database))
            for shard in batch.warehouse.shards:
                shard.run(sql, **values)

    def _values(self, batch: Batch) -> dict[str, Any]:
        return self.chosen.parameters | {"drops": [entry.drop.name for entry in batch.entries]}

    def quarantine(self, batch: Batch) -> None:
        """Nothing to do: refused records are in quarantine already, and the others leave it after the ledger is written."""

    def enter(self, batch: Batch) -> None:
        """See `Content.enter`."""
        _enter(batch, self.before, self._values(batch))
        batch.warehouse.run(batch.sql("quarantine_replayed"), revision=batch.warehouse.next_revision(), **self._values(batch))


def _enter(batch: Batch, before: Sequence[Entry], chosen: dict[str, Any]) -> None:
    """Update the ledger before the records leave quarantine: if a replay dies in between, the next one counts none of them twice."""
    warehouse = batch.warehouse
    found = {row["drop_no"]: row for row in warehouse.rows(batch.sql("replayed_counts"), days=batch.days, **chosen)}
    after = [_after(old, new, found[number]) for number, (old, new) in enumerate(zip(before, batch.entries, strict=True), 1)]
    write_entries(warehouse, after, "loaded", batch.id)
    warehouse.run(batch.sql("drop_days"), revision=warehouse.next_revision())
    recount_days(warehouse, batch.sql("known_drops"), batch.first_day, batch.lacking)


def _after(old: Entry, new: Entry, found: dict[str, Any]) -> Entry:
    """A drop's entry after a replay of some of its records; `new` has the counts of these."""
    mark = int(found["mark"])
    if mark == old.replayed:  # nothing has changed, or a run that died has counted them already
        return old
    before, quarantined = old.counts, int(found["held"]) - int(found["matched"]) + int(found["refused"])
    records = before.records - int(found["matched"]) + int(found["records"])
    # what the drop is counted for by day and not in its entry: of these, records that classifying found to be their own
    uncounted = max(0, int(found["counted"]) - before.accepted)
    brought = max(int(found["brought"]), min(new.counts.accepted, int(found["brought"]) + uncounted))
    accepted = min(before.accepted + brought, records - quarantined)
    repeated = records - accepted - quarantined
    corrections = min(before.corrections + new.counts.corrections, repeated)
    ignored = Counts(ignored=int(found["ignored"]), ignored_reasons=new.counts.ignored_reasons)
    counts = replace(before, accepted=accepted, quarantined=quarantined, corrections=corrections, duplicates=repeated - corrections)
    return replace(old, counts=counts + ignored, replayed=mark)
