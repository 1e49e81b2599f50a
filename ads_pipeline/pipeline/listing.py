"""What the landing store lists beside what the ledger has: which drops are to be loaded, in the order of receipt.

Listing and choice lie in tables of the engine, so that memory stays bounded however many drops there are.
"""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from itertools import islice
from typing import Any

from ads_pipeline.landing import Drop, Format, format_of
from ads_pipeline.pipeline.ledger import Entry
from ads_pipeline.warehouse.client import Warehouse
from ads_pipeline.warehouse.statements import Name, statement

PAGE = 5000
"""Drops that are held in memory at a time."""

_COLUMNS = ("name", "source", "size", "etag", "landed_at", "landed_day")


class Listing:
    """The drops that a run is to load.

    Args:
        drops, bytes: how many there are, and their size as stored.
        prefix: how the names of its tables begin.
    """

    def __init__(self, warehouse: Warehouse, prefix: str) -> None:
        self._warehouse, self.prefix = warehouse, prefix
        self.listing, self.chosen = Name(f"{prefix}_listing"), Name(f"{prefix}_chosen")
        self.drops = self.bytes = 0

    def fill(self, listed: Iterable[Drop], limit: int, *, again: bool) -> None:
        """Compare listed drops with the ledger; `again` takes those that it has loaded too, `limit` 0 is none."""
        self._warehouse.run(statement("ingest/listing_table", listing=self.listing))
        self._warehouse.run(statement("ingest/chosen_table", chosen=self.chosen))
        drops = iter(listed)
        while page := list(islice(drops, PAGE)):
            self._warehouse.insert(self.listing.text, _COLUMNS, [[getattr(drop, column) for column in _COLUMNS] for drop in page])
        self._warehouse.run(statement("ingest/choose", listing=self.listing, chosen=self.chosen), limit=limit, again=again)
        total = self._warehouse.rows(statement("ingest/chosen_total", chosen=self.chosen))[0]
        self.drops, self.bytes = total["drops"], total["bytes"]

    def gone(self, first: date, last: date) -> tuple[int, str]:
        """How many drops of these landed days the ledger has and the listing lacks, and the name of one."""
        row = self._warehouse.rows(statement("ingest/gone", listing=self.listing), first=first, last=last)[0]
        return row["drops"], row["one"]

    def batches(self, most_bytes: int, most_drops: int) -> Iterator[list[Entry]]:
        """The drops in order, cut into batches of so many bytes and drops; a larger drop is a batch of its own."""
        batch: list[Entry] = []
        size = 0
        for entry in self._entries():
            if batch and (size + entry.drop.size > most_bytes or len(batch) == most_drops):
                yield batch
                batch, size = [], 0
            batch.append(entry)
            size += entry.drop.size
        if batch:
            yield batch

    def _entries(self) -> Iterator[Entry]:
        after = 0
        while page := self._warehouse.rows(statement("ingest/chosen_page", chosen=self.chosen), after=after, limit=PAGE):
            yield from map(_entry, page)
            after = page[-1]["place"]


def _entry(row: dict[str, Any]) -> Entry:
    form = format_of(row["name"]) or Format("ndjson", "")
    return Entry(Drop(row["name"], row["source"], form, row["size"], row["etag"], row["landed_at"], row["landed_day"]), row["tie"])


@contextmanager
def listed(warehouse: Warehouse, drops: Iterable[Drop], *, limit: int = 0, again: bool = False) -> Iterator[Listing]:
    """A listing compared with the ledger, for the length of a run."""
    listing = Listing(warehouse, f"scratch_{uuid.uuid4().hex[:12]}")
    listing.fill(drops, limit, again=again)
    yield listing
    for table in (listing.listing, listing.chosen):
        warehouse.run(statement("maintenance/drop_table", table=table))
