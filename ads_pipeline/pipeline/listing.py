"""What the landing store lists beside what the ledger has: which drops are to be loaded, in the order of receipt.

The engine compares the two and the choice lies in a temporary file, so that memory stays bounded however many drops there
are, and a run that has begun needs no table but those of its batch, whichever server it goes on with.
"""

import pickle
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from itertools import islice
from typing import Any, BinaryIO

from ads_pipeline.landing import Drop, Format, format_of
from ads_pipeline.pipeline.ledger import Entry
from ads_pipeline.pipeline.rebuild import recover
from ads_pipeline.pipeline.retries import with_retries
from ads_pipeline.warehouse.client import Warehouse
from ads_pipeline.warehouse.statements import Name, statement

PAGE = 5000
"""Drops that are held in memory at a time."""

_COLUMNS = ("name", "source", "size", "etag", "landed_at", "landed_day")


class Listing:
    """The drops that a run is to load.

    Args:
        drops, bytes: how many there are, and their size as stored.
        gone: how many drops of the days loaded again the ledger has and the landing store has no more; `one` of them.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.drops = self.bytes = self.gone = 0
        self.one = ""

    def choose(self, warehouse: Warehouse, listed: Iterable[Drop], limit: int, again: tuple[date, date] | None) -> None:
        """Compare listed drops with the ledger; see `listed`."""
        prefix = f"scratch_{uuid.uuid4().hex[:12]}"
        listing, chosen = Name(f"{prefix}_listing"), Name(f"{prefix}_chosen")
        warehouse.run(statement("ingest/listing_table", listing=listing))
        warehouse.run(statement("ingest/chosen_table", chosen=chosen))
        drops = iter(listed)
        while page := list(islice(drops, PAGE)):
            warehouse.insert(listing.text, _COLUMNS, [[getattr(drop, column) for column in _COLUMNS] for drop in page])
        warehouse.run(statement("ingest/choose", listing=listing, chosen=chosen), limit=limit, again=again is not None)
        if again:
            row = warehouse.rows(statement("ingest/gone", listing=listing), first=again[0], last=again[1])[0]
            self.gone, self.one = row["drops"], row["one"]
        self._keep(warehouse, chosen)
        for table in (listing, chosen):
            warehouse.run(statement("maintenance/drop_table", table=table))

    def _keep(self, warehouse: Warehouse, chosen: Name) -> None:
        total = warehouse.rows(statement("ingest/chosen_total", chosen=chosen))[0]
        self.drops, self.bytes = total["drops"], total["bytes"]
        self._file.seek(0)
        self._file.truncate()
        for after in range(0, self.drops, PAGE):
            page = warehouse.rows(statement("ingest/chosen_page", chosen=chosen), after=after, limit=PAGE)
            pickle.dump([_entry(row) for row in page], self._file)

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
        self._file.seek(0)
        for _ in range(0, self.drops, PAGE):
            yield from pickle.load(self._file)  # noqa: S301 - a file without a name, of this process alone


def _entry(row: dict[str, Any]) -> Entry:
    form = format_of(row["name"]) or Format("ndjson", "")
    return Entry(Drop(row["name"], row["source"], form, row["size"], row["etag"], row["landed_at"], row["landed_day"]), row["tie"])


@contextmanager
def listed(
    warehouse: Warehouse, drops: Callable[[], Iterable[Drop]], *, limit: int = 0, again: tuple[date, date] | None = None
) -> Iterator[Listing]:
    """A listing compared with the ledger, for the length of a run.

    Args:
        drops: lists the landing store; anew when the engine was lost meanwhile.
        limit: at most so many drops; 0 is no limit.
        again: the landed days, both included, of a run that takes those that the ledger has too.
    """
    work = warehouse.settings.work
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=work) as file:
        listing = Listing(file)
        with_retries(lambda: listing.choose(warehouse, drops(), limit, again), partial(recover, warehouse))
        yield listing
