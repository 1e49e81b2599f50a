"""New rows of a large batch get into `events` as they were staged: whole days of its table are attached, and nothing is written again.

A view does not see rows that are attached. What they come to in each rollup is computed beside it, and attached too: until then readers
see nothing of the batch, and all of it a fraction of a second later.
"""

from functools import partial

from ads_pipeline.errors import MemoryLimitError
from ads_pipeline.pipeline.apart import blamed
from ads_pipeline.pipeline.batch import Batch
from ads_pipeline.pipeline.rebuild import scratch_tables, together
from ads_pipeline.pipeline.retention import EVENTS
from ads_pipeline.pipeline.rollups import Rollup
from ads_pipeline.warehouse.partitions import attach_days, days_in
from ads_pipeline.warehouse.statements import Name, statement
from ads_pipeline.warehouse.warehouse import Warehouse, side_by_side

LARGE = 100_000
"""Valid records of a shard from which attaching is quicker than inserting: it takes some statements for each rollup, but no time a row."""


def attach(batch: Batch, shard: Warehouse) -> bool:
    """Add the rows of a batch to `events` and rollups of a shard, if that can be done by attaching; returns whether it was.

    Of records with one identity, all are attached: the row that classifying made of them has a higher version than each, and is there
    before them.
    """
    if not _can_attach(batch, shard):
        return False
    staged, replaced = batch.staged[shard], batch.tables["replaced"]
    if staged.repeated:
        shard.run(batch.sql("replaced_table"))
        batch.publish_resolved(shard, replaced, lacking=[], attached=False)
    with scratch_tables(shard, batch.rollups) as scratch:
        try:
            side_by_side(shard, [partial(_compute, batch, shard, rollup, scratch[rollup.name]) for rollup in batch.rollups])
        except MemoryLimitError:
            return False
        attached = [(rollup.table, scratch[rollup.name], sorted(days_in(shard, scratch[rollup.name]))) for rollup in batch.rollups]
        if staged.repeated:
            attach_days(shard, EVENTS, replaced, sorted(days_in(shard, replaced)))
        attach_days(shard, EVENTS, batch.tables["valid"], sorted(staged.rows))
        for target, source, some in attached:
            attach_days(shard, target, source, some)
    return True


def _can_attach(batch: Batch, shard: Warehouse) -> bool:
    """Whether there are many rows, all of them of new events, and no view would miss them.

    A replicated table leaves out a part that is like one which it was given before, as those of rollups may be.
    """
    staged = batch.staged[shard]
    if sum(staged.rows.values()) < LARGE or staged.held or batch.lacking or shard.connection.dialect.replicated:
        return False
    views = [f"{rollup.name}_view" for rollup in batch.rollups]
    return not shard.value(statement("queries/has_other_views"), views=views)


def _compute(batch: Batch, shard: Warehouse, rollup: Rollup, scratch: Name, place: Warehouse) -> None:
    """Fill a table with what the batch adds to a rollup."""
    staged = batch.staged[shard]
    events = batch.sql("new_events", repeated=staged.repeated > 0)
    sql = statement("maintenance/rollup_days", scratch=scratch, events=events, select=rollup.select)
    with blamed(rollup):
        for days in together(sorted(staged.rows), staged.rows):
            place.run(sql, days=days)
