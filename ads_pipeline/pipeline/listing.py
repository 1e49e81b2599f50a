"""What the landing store lists beside what the ledger has: which drops are to be loaded, in the order of receipt.

The engine compares the two and the choice lies in a temporary file, so that memory stays bounded however many drops there
are, and a run that has begun needs no table but those of its batch, whichever server it goes on with.
"""

import logging
import pickle
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import islice
from typing import Any, BinaryIO

from ads_pipeline.landing import Drop, Format, format_of
from ads_pipeline.landing.drops import FIRST_DAY, LAST_DAY
from ads_pipeline.pipeline.ledger import Counts, Entry
from ads_pipeline.pipeline.recovery import recover
from ads_pipeline.pipeline.retries import with_retries
from ads_pipeline.warehouse.statements import Name, statement
from ads_pipeline.warehouse.warehouse import Warehouse

log = logging.getLogger(__name__)

PAGE = 5000
"""Drops that are held in memory at a time."""

EVER = (FIRST_DAY, LAST_DAY)

_COLUMNS = ("name", "source", "size", "etag", "landed_at", "landed_day", "urgent")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of the drops listed a run takes.

    Args:
        landed: those of these landed days, both included.
        source: those of this source; empty: of every one.
        again: also those that the ledger has as loaded, failed, dismissed or forgotten.
        limit: at most so many; 0 is no limit.
        urgent: names of drops that raw lacks rows of: they come first, whatever their landed day.
    """

    landed: tuple[date, date] = EVER
    source: str = ""
    again: bool = False
    limit: int = 0
    urgent: frozenset[str] = frozenset()


class Listing:
    """The drops that a run is to load.

    Args:
        drops, bytes: how many there are, and their size as stored.
        gone: drops that the run would take and the landing store has no more, by their status in the ledger.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.drops = self.bytes = 0
        self.gone: dict[str, str] = {}

    def choose(self, warehouse: Warehouse, listed: Iterable[Drop], wanted: Wanted) -> None:
        """Compare listed drops with the ledger; see `listed`."""
        prefix = f"scratch_{uuid.uuid4().hex[:12]}"
        listing, chosen = Name(f"{prefix}_listing"), Name(f"{prefix}_chosen")
        warehouse.run(statement("ingest/listing_table", listing=listing))
        warehouse.run(statement("ingest/chosen_table", chosen=chosen))
        now = warehouse.now()
        ahead = _Ahead()
        drops = ahead.seen(listed, now)
        while page := list(islice(drops, PAGE)):
            rows = [[d.name, d.source, d.size, d.etag, d.landed_at, d.landed_day, d.name in wanted.urgent] for d in page]
            warehouse.insert(listing.text, _COLUMNS, rows)
        ahead.tell()
        days = {"first": wanted.landed[0], "last": wanted.landed[1], "again": wanted.again}
        choose = statement("ingest/choose", listing=listing, chosen=chosen)
        warehouse.run(choose, limit=wanted.limit, now=now, **days)
        gone = warehouse.rows(statement("ingest/gone", listing=listing), source=wanted.source, **days)
        self.gone = {row["drop"]: row["status"] for row in gone}
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
        """The drops in order, cut into batches of so many bytes and drops; a larger drop is a batch of its own.

        Urgent drops share no batch with others: what raw lacks is completed before anything new is published.
        """
        batch: list[Entry] = []
        size = 0
        for entry in self._entries():
            if batch and (size + entry.drop.size > most_bytes or len(batch) == most_drops or batch[-1].urgent != entry.urgent):
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


class _Ahead:
    """Drops whose time lies ahead of the engine's clock: counted, and told once."""

    def __init__(self) -> None:
        self.count, self.first = 0, ""

    def seen(self, drops: Iterable[Drop], now: Any) -> Iterator[Drop]:
        for drop in drops:
            if drop.landed_at > now or drop.landed_day > now.date():
                self.count, self.first = self.count + 1, self.first or drop.name
            yield drop

    def tell(self) -> None:
        if self.count:
            text = "landing times ahead of the engine's clock: %d, for example of %s; they count as first seen now. Check the clocks"
            log.warning(text, self.count, self.first)


def _entry(row: dict[str, Any]) -> Entry:
    form = format_of(row["name"]) or Format("ndjson", "")
    drop = Drop(row["name"], row["source"], form, row["size"], row["etag"], row["landed_at"], row["landed_day"])
    counts = Counts(row["lines"], row["accepted"], row["duplicates"], row["corrections"], row["quarantined"])
    return Entry(drop, counts, row["known"], row["first_day"], row["urgent"])


@contextmanager
def listed(warehouse: Warehouse, drops: Callable[[], Iterable[Drop]], wanted: Wanted | None = None) -> Iterator[Listing]:
    """A listing compared with the ledger, for the length of a run.

    Args:
        drops: lists the landing store; anew when the engine was lost meanwhile.
        wanted: which of them the run takes; by default all that the ledger has not finished with.
    """
    work = warehouse.settings.work
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=work) as file:
        listing = Listing(file)
        with_retries(lambda: listing.choose(warehouse, drops(), wanted or Wanted()), partial(recover, warehouse))
        yield listing
