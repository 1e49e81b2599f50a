"""The steps of a batch (`STEPS`), the same for a load, a reload, and a replay of quarantined lines.

Until `publish` nothing that readers see changes. From `note` on the days of the batch are unsettled: if the run dies, the
next one rebuilds them (`recovery`) and loads the drops again. Raw rows are idempotent by key, so nothing is added twice.

On a day that lacks raw rows (`completeness`), new rows are attached without firing the views, since its rollups still count
the lost ones; the day is rebuilt when it is complete again.
"""

from collections.abc import Callable, Sequence
from datetime import date

from ads_pipeline.errors import TransientError
from ads_pipeline.pipeline.attaching import attach
from ads_pipeline.pipeline.batch import Batch
from ads_pipeline.pipeline.completeness import lacking_days, lacking_of
from ads_pipeline.pipeline.differences import Rest, add_differences, by_days
from ads_pipeline.pipeline.erasing.leaving_out import leave_out
from ads_pipeline.pipeline.rebuild import lost_days, note_days, open_notes, rebuild_days, settle_days, settle_everywhere, tell_lacking
from ads_pipeline.pipeline.repeats import keep_repeats
from ads_pipeline.pipeline.retention import EVENTS
from ads_pipeline.pipeline.staging import Staging
from ads_pipeline.warehouse.partitions import attach_days
from ads_pipeline.warehouse.statements import Name, statement
from ads_pipeline.warehouse.warehouse import Warehouse, on_shards


def run_batch(batch: Batch, begun: Callable[[str], None] = lambda _: None) -> Batch:
    """Run all steps of a batch.

    Args:
        begun: told the name of each step as it begins.

    Raises:
        TransientError: try again after a recovery, which undoes what was done.
    """
    with batch.warehouse.tagged(batch=batch.id):
        for step in STEPS:
            begun(step.__name__)
            step(batch)
    return batch


def claim(batch: Batch) -> None:
    """Mark drops that are loaded whole as `loading`."""
    batch.content.claim(batch)


def make_tables(batch: Batch) -> None:
    """Create the batch's tables, and number the drops in the order of receipt."""
    rows = [
        [number, e.drop.name, e.drop.source, e.drop.landed_day, e.position, e.known, e.counts.lines > 0, batch.id]
        for number, e in enumerate(batch.entries, 1)
    ]
    columns = ["drop_no", "drop", "source", "landed_day", "position", "known", "counted", "batch"]
    for place in batch.warehouse.topology.batch_connections:
        place.run(batch.sql("batch_table"))
        place.insert(batch.tables["batch"].text, columns, rows)
        if place.value(statement("maintenance/row_count", table=batch.tables["batch"])) != len(rows):
            raise TransientError("the connection was lost and the numbers of drops were inserted twice")

    def make(shard: Warehouse) -> None:
        for table in ("valid", "aside", "repeats", "outcomes"):
            shard.run(batch.sql(f"{table}_table"))

    on_shards(batch.warehouse, make)
    batch.warehouse.topology.distribute(batch.tables["valid"], writable=True)
    for table in ("aside", "outcomes"):
        batch.warehouse.topology.distribute(batch.tables[table])


def stage(batch: Batch) -> None:
    """Parse and judge the lines once, and write their records to the batch's tables."""
    tables = batch.tables
    staging = Staging(batch.warehouse, batch.settings, tables, batch.latest, batch.first_day)
    batch.content.fill(batch, staging)
    staging.end()
    batch.errors, batch.again, batch.gone = staging.errors, staging.again, staging.gone
    if batch.erased:
        leave_out(batch.warehouse, batch.erased, tables)


def classify(batch: Batch) -> None:
    """Classify records as new, duplicate or correction, on each shard: all records of an identity are on one."""
    staged = on_shards(batch.warehouse, batch.classify_shard)
    batch.staged = dict(zip(batch.warehouse.shards, staged, strict=True))
    batch.days = sorted({day for part in staged for day in part.rows})
    batch.lines = sum(part.records for part in staged)
    batch.count(staged)


def note(batch: Batch) -> None:
    """Note the days of the batch as unsettled, and find those that lack rows."""
    notes = open_notes(batch.warehouse)
    batch.unsure = set[date]().union(*notes.values()) & set(batch.days)
    batch.lacking = lacking_of(batch.warehouse, batch.days).keys() | (lost_days(notes) & set(batch.days))
    note_days(batch.warehouse, batch.id, batch.days, settled=False)


def publish(batch: Batch) -> None:
    """Add new rows to `events` and rollups: many by attaching them, others by an insert, on which the views fire."""

    def publish_shard(shard: Warehouse) -> None:
        if not attach(batch, shard):
            _publish_rows(batch, shard, EVENTS, attached=False)

    on_shards(batch.warehouse, publish_shard)


def _publish_rows(batch: Batch, shard: Warehouse, target: Name, *, attached: bool) -> None:
    """Write the rows that fire the views, or those that will be `attached`, which fires none."""
    lacking = sorted(batch.lacking)
    if not attached or lacking:
        plain = batch.sql("publish_plain", target=target, repeated=batch.staged[shard].repeated > 0)
        shard.run(plain, lacking=lacking, attached=attached)
    batch.publish_resolved(shard, target, lacking=lacking, attached=attached)


def correct(batch: Batch) -> None:
    """Attach, without firing views, corrections and all rows of days that lack some; bring rollups to what this changes."""

    def correct_shard(shard: Warehouse) -> Rest:
        days = shard.rows(batch.sql("replaced_days")) if batch.staged[shard].repeated else []
        attached = batch.lacking | {day["event_date"] for day in days}
        corrected = {day["event_date"]: int(day["corrected"]) for day in days if day["corrected"]}
        rest: Rest = {}
        if attached:
            replaced = batch.tables["replaced"]
            shard.run(batch.sql("replaced_table"))
            _publish_rows(batch, shard, replaced, attached=True)
            rest = add_differences(batch, shard, {day: corrected[day] for day in corrected.keys() - batch.lacking})
            attach_days(shard, EVENTS, replaced, sorted(attached))
        return rest

    keep_repeats(batch)
    rests = on_shards(batch.warehouse, correct_shard)
    for days, rollups in by_days(rests, batch.rollups).items():
        batch.lacking |= rebuild_days(batch.warehouse, rollups, days, lacking=lacking_of)


def quarantine(batch: Batch) -> None:
    """Write refused lines to quarantine."""
    batch.content.quarantine(batch)


def enter(batch: Batch) -> None:
    """Write the counts of the lines to the ledger."""
    batch.content.enter(batch)


def complete(batch: Batch) -> None:
    """Rebuild the days that no longer lack rows; the others stay unsettled."""
    if batch.lacking:
        lacking = lacking_days(batch.warehouse, batch.lacking)
        tell_lacking(lacking.values())
        whole = batch.lacking - lacking.keys()
        batch.lacking = set(lacking) | rebuild_days(batch.warehouse, batch.rollups, whole)
        settle_everywhere(batch.warehouse, whole - batch.lacking, batch.rollups)


def settle(batch: Batch) -> None:
    """Settle the days, which are exact again, except those that lack rows."""
    settle_days(batch.warehouse, batch.id, set(batch.days) - batch.lacking, batch.rollups)


def clean(batch: Batch) -> None:
    """Drop the batch's tables."""
    for place in batch.warehouse.topology.batch_connections:
        place.run(statement("maintenance/drop_tables", tables=tuple(batch.tables.values())))


STEPS: Sequence[Callable[[Batch], None]] = (
    claim, make_tables, stage, classify, note, publish, correct, quarantine, enter, complete, settle, clean,
)  # fmt: skip
"""The steps of every batch, in this order."""
