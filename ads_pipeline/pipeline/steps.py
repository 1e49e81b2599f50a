"""One batch of drops, step by step: claim, stage, classify, note, publish, correct, quarantine, enter, complete, settle.

Until `publish` nothing that people see has changed. From `note` on the days touched stand as
unsettled, so that a run that dies is recovered by rebuilding them (`recovery.recover`) and loading its
drops again; raw rows are idempotent by key, so loading again adds nothing twice.

A day that lacks raw rows (`completeness`) takes new ones past the views, since its rollups still count the lost ones, and
is rebuilt when nothing is lacking any more.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from ads_pipeline.errors import TransientError
from ads_pipeline.pipeline.batch import Batch
from ads_pipeline.pipeline.completeness import lacking_days, lacking_of
from ads_pipeline.pipeline.ledger import Entry, write_entries
from ads_pipeline.pipeline.rebuild import lost_days, note_days, open_notes, rebuild_days, settle_days, settle_everywhere, tell_lacking
from ads_pipeline.pipeline.recount import recount_days
from ads_pipeline.pipeline.retention import EVENTS
from ads_pipeline.pipeline.rollups import Rollup
from ads_pipeline.pipeline.staging import Staging
from ads_pipeline.warehouse.partitions import attach_day
from ads_pipeline.warehouse.statements import Name, statement
from ads_pipeline.warehouse.warehouse import Warehouse, on_shards


def load_batch(warehouse: Warehouse, entries: Sequence[Entry], rollups: Sequence[Rollup], bring: Callable[[Staging], None]) -> Batch:
    """Load drops together; `bring` puts their lines into the staging table.

    Raises:
        TransientError: worth another try, after a recovery. Whatever was done until then is undone by that.
    """
    batch = Batch(warehouse, list(entries), rollups)
    with warehouse.tagged(batch=batch.id):
        claim(batch)
        stage(batch, bring)
        classify(batch)
        note(batch)
        publish(batch)
        correct(batch)
        quarantine(batch)
        enter(batch)
        complete(batch)
        settle(batch)
        clean(batch)
    return batch


def claim(batch: Batch) -> None:
    """Mark the drops as being loaded, and number them."""
    batch.entries = [replace(entry, first_day=batch.first_day) for entry in batch.entries]
    write_entries(batch.warehouse, batch.entries, "loading", batch.id)
    number_drops(batch)


def number_drops(batch: Batch) -> None:
    """Make the batch's tables, and give each drop its number in the order of receipt."""
    rows = [
        [number, e.drop.name, e.drop.source, e.drop.landed_day, e.position, e.known, e.counts.lines > 0]
        for number, e in enumerate(batch.entries, 1)
    ]
    for place in batch.warehouse.topology.batch_connections:
        place.run(batch.sql("batch_table"))
        place.insert(batch.tables["batch"].text, ["drop_no", "drop", "source", "landed_day", "position", "known", "counted"], rows)
        if place.value(statement("maintenance/row_count", table=batch.tables["batch"])) != len(rows):
            raise TransientError("the engine took the numbers of drops twice, as the connection was lost meanwhile")
    for shard in batch.warehouse.shards:
        for table in ("staging", "repeats", "outcomes"):
            shard.run(batch.sql(f"{table}_table"))
    batch.warehouse.topology.distribute(batch.tables["staging"], writable=True)
    batch.warehouse.topology.distribute(batch.tables["outcomes"])


def stage(batch: Batch, bring: Callable[[Staging], None]) -> None:
    """Bytes into the staging table, once, with every line judged."""
    staging = Staging(batch.warehouse, batch.tables["staging"], batch.latest, batch.first_day)
    bring(staging)
    batch.errors, batch.again = staging.errors, staging.again


def classify(batch: Batch) -> None:
    """Tell new lines, duplicates and corrections apart, each shard for itself: an identity's lines are all on one."""
    staged = on_shards(batch.warehouse, batch.classify_shard)
    batch.days = sorted({day for part in staged for day in part.days})
    batch.lines = sum(part.lines for part in staged)
    batch.repeated = {shard for shard, part in zip(batch.warehouse.shards, staged, strict=True) if part.repeated}
    batch.count(staged)


def note(batch: Batch) -> None:
    """Write down the days about to be touched, and look which of them lack rows."""
    batch.lacking = lacking_of(batch.warehouse, batch.days).keys() | (lost_days(open_notes(batch.warehouse)) & set(batch.days))
    note_days(batch.warehouse, batch.id, batch.days, settled=False)


def publish(batch: Batch) -> None:
    """New rows into `events`; the views fire on them, and on nothing else."""
    on_shards(batch.warehouse, lambda shard: _publish_rows(batch, shard, EVENTS, attached=False))


def _publish_rows(batch: Batch, shard: Warehouse, target: Name, *, attached: bool) -> None:
    """Write the rows that the views see, or those to be `attached` past them."""
    repeated, values = shard in batch.repeated, {"lacking": sorted(batch.lacking), "attached": attached}
    if not attached or batch.lacking:
        shard.run(batch.sql("publish_plain", target=target, repeated=repeated), **values)
    if repeated:
        shard.run(batch.sql("publish_resolved", target=target), **values)


def correct(batch: Batch) -> None:
    """Rows that replace published ones, and all those of days that lack rows: attached past the views. Days they change are rebuilt."""

    def correct_shard(shard: Warehouse) -> set[date]:
        days = shard.rows(batch.sql("replaced_days")) if shard in batch.repeated else []
        attached = batch.lacking | {day["event_date"] for day in days}
        if attached:
            replaced = batch.tables["replaced"]
            shard.run(batch.sql("replaced_table"))
            _publish_rows(batch, shard, replaced, attached=True)
            for day in sorted(attached):
                attach_day(shard, EVENTS, replaced, day)
        return {day["event_date"] for day in days if day["corrected"]}

    corrected = set[date]().union(*on_shards(batch.warehouse, correct_shard)) - batch.lacking
    batch.lacking |= rebuild_days(batch.warehouse, batch.rollups, corrected)


def quarantine(batch: Batch) -> None:
    """Refused lines where people look; lines of these drops that are refused no more leave it."""
    failed = [number for number, entry in enumerate(batch.entries, 1) if entry.drop.name in batch.errors]
    batch.warehouse.run(batch.sql("release_lines"), failed=failed, revision=batch.warehouse.next_revision())
    batch.warehouse.run(batch.sql("quarantine_lines"), revision=batch.warehouse.next_revision())


def enter(batch: Batch) -> None:
    """The ledger: counts a day, then each drop's status with its counts."""
    batch.warehouse.run(batch.sql("drop_days"), revision=batch.warehouse.next_revision())
    if any(entry.known for entry in batch.entries):
        recount_days(batch.warehouse, batch.sql("known_drops"), batch.first_day, batch.lacking)
    write_entries(batch.warehouse, batch.loaded, "loaded", batch.id)
    failed = [_failed(batch, entry) for entry in batch.entries if entry.drop.name in batch.errors]
    write_entries(batch.warehouse, failed, "failed", batch.id, batch.errors)


def _failed(batch: Batch, entry: Entry) -> Entry:
    """A drop keeps the counts it had. One to be tried again has no etag in the ledger, so that whatever is listed next differs from it."""
    drop = replace(entry.drop, etag="") if entry.drop.name in batch.again else entry.drop
    return replace(entry, drop=drop, counts=batch.before[entry.drop.name])


def complete(batch: Batch) -> None:
    """Days that lacked rows and lack none any more are rebuilt; the others stay unsettled."""
    if batch.lacking:
        lacking = lacking_days(batch.warehouse, batch.lacking)
        tell_lacking(lacking.values())
        whole = batch.lacking - lacking.keys()
        batch.lacking = set(lacking) | rebuild_days(batch.warehouse, batch.rollups, whole)
        settle_everywhere(batch.warehouse, whole - batch.lacking, batch.rollups)


def settle(batch: Batch) -> None:
    """The days are exact again, but for those that lack rows."""
    settle_days(batch.warehouse, batch.id, set(batch.days) - batch.lacking, batch.rollups)


def clean(batch: Batch) -> None:
    """Drop the batch's tables."""
    for place in batch.warehouse.topology.batch_connections:
        for table in batch.tables.values():
            place.run(statement("maintenance/drop_table", table=table))
