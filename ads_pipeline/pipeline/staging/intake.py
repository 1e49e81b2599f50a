"""The table of a batch through which an insert by the contract writes valid records to one table, and all others to another."""

from collections.abc import Mapping
from threading import Lock

from ads_pipeline.warehouse.statements import Name, of_batch
from ads_pipeline.warehouse.warehouse import Warehouse


class Intake:
    """That table with its two views; most batches need none, as all of their lines are plain.

    Args:
        tables: those of the batch by the names that statements have for them.
    """

    def __init__(self, warehouse: Warehouse, tables: Mapping[str, Name]) -> None:
        self._warehouse, self._tables = warehouse, tables
        self._making, self._is_made = Lock(), False

    def need(self) -> None:
        """Make it, unless it was made; drops are staged by several threads."""
        with self._making:
            if not self._is_made:
                self._make()
                self._is_made = True

    def _make(self) -> None:
        for shard in self._warehouse.shards:
            for name in ("ingest/intake_table", "ingest/valid_view", "ingest/aside_view"):
                shard.run(of_batch(name, self._tables))
        self._warehouse.topology.distribute(self._tables["intake"], writable=True)
