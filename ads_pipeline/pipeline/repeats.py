"""What is kept of records that are no events of their own: contents that corrections replaced, and duplicates. `why` shows them.

Nothing else rests on it, so it may be written before the batch is published: whatever a dead run left is written again, or stands behind
the event's current version and is passed over.
"""

from ads_pipeline.pipeline.batch import Batch
from ads_pipeline.warehouse.statements import Name
from ads_pipeline.warehouse.warehouse import Warehouse, on_shards


def keep_repeats(batch: Batch) -> None:
    """Keep what the batch's records say that repeat or change an event, and the contents that they change."""
    if batch.content.whole and any(entry.known for entry in batch.entries):
        failed = [number for number, entry in enumerate(batch.entries, 1) if entry.drop.name in batch.errors]
        batch.warehouse.run(batch.sql("void_duplicates"), failed=failed, revision=batch.warehouse.next_revision())
    books, revision, counts = Name(batch.warehouse.connection.database), batch.warehouse.next_revision(), batch.counts

    def keep(shard: Warehouse) -> None:
        if batch.staged[shard].repeated and counts.corrections:
            shard.run(batch.sql("keep_contents", books=books), id=batch.id, days=batch.days, revision=revision)
        if batch.staged[shard].repeated and counts.duplicates:
            shard.run(batch.sql("keep_duplicates", books=books), revision=revision)

    on_shards(batch.warehouse, keep)
