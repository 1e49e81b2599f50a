"""The drops that are due: the listing of the landing store compared with the ledger, in the order of receipt.

The engine compares the two, and the result is kept in a temporary file. So memory stays bounded however many drops there are, and a
run depends on no table except those of its batch, even if it goes on with another server.
"""

import logging
import pickle
import tempfile
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, BinaryIO

from ads_pipeline.landing import UNKNOWN, Drop, format_of
from ads_pipeline.landing.drops import FIRST_DAY, LAST_DAY
from ads_pipeline.pipeline.grouping import in_groups
from ads_pipeline.pipeline.ledger import Entry, counts_of
from ads_pipeline.pipeline.retries import with_retries
from ads_pipeline.pipeline.run import Run
from ads_pipeline.warehouse.statements import Name, statement
from ads_pipeline.warehouse.warehouse import Warehouse

log = logging.getLogger(__name__)

PAGE = 5000
"""Drops held in memory at a time."""

EVER = (FIRST_DAY, LAST_DAY)

NO_DAY = (date(1970, 1, 2), date(1970, 1, 1))
"""An empty range of landed days: only urgent drops are chosen."""

_COLUMNS = ("name", "source", "size", "etag", "landed_at", "landed_day", "urgent")


@dataclass(frozen=True, slots=True)
class DropFilter:
    """Which of the listed drops a run loads.

    Args:
        landed: drops of these landed days, both included.
        source: drops of this source; empty: of every source.
        again: also drops that the ledger has as loaded, failed, dismissed or forgotten.
        limit: the maximum number of drops; 0: no limit.
        urgent: names of drops whose rows raw lacks: they come first, whatever their landed day.
        whole: whether the landing store is listed whole for them, whenever it last was.
        named: these, those that a run has not finished with and failed ones; None: unknown.
    """

    landed: tuple[date, date] = EVER
    source: str = ""
    again: bool = False
    limit: int = 0
    urgent: frozenset[str] = frozenset()
    whole: bool = False
    named: frozenset[str] | None = None


class DueDrops:
    """The drops that a run is to load.

    Args:
        drops, bytes: how many there are, and their size as stored.
        gone: the status in the ledger, by name, of drops that the run would load but the landing store no longer has.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.drops = self.bytes = 0
        self.gone: dict[str, str] = {}

    def choose(self, warehouse: Warehouse, listed: Iterable[Drop], chosen: DropFilter) -> None:
        """Compare listed drops with the ledger."""
        self.drops = self.bytes = 0
        self._file.seek(0)
        self._file.truncate()
        self.gone = {}
        listing, now = Name(f"scratch_{uuid.uuid4().hex[:12]}_listing"), warehouse.now()
        if not _keep_listed(warehouse, listing, listed, chosen, now):
            return
        values = {"first": chosen.landed[0], "last": chosen.landed[1], "again": chosen.again, "now": now}
        most = min(chosen.limit or PAGE + 1, PAGE + 1)
        found = warehouse.rows(statement("ingest/due", listing=listing), source=chosen.source, limit=most, **values)
        self.gone = {row["name"]: row["gone"] for row in found if row["gone"]}
        first = [row for row in found if not row["gone"]]
        if len(first) > PAGE:
            self._keep_pages(warehouse, listing, values | {"limit": chosen.limit})
        else:
            self._keep(first)
        warehouse.run(statement("maintenance/drop_tables", tables=listing))

    def _keep_pages(self, warehouse: Warehouse, listing: Name, values: dict[str, Any]) -> None:
        """More than a page is kept in a table for a moment, so that it is computed once."""
        table = Name(f"scratch_{uuid.uuid4().hex[:12]}_chosen")
        warehouse.run(statement("ingest/chosen_table", chosen=table))
        warehouse.run(statement("ingest/keep_chosen", chosen=table, select=statement("ingest/chosen", listing=listing)), **values)
        while page := warehouse.rows(statement("ingest/chosen_page", chosen=table), after=self.drops, limit=PAGE):
            self._keep(page)
        warehouse.run(statement("maintenance/drop_tables", tables=table))

    def _keep(self, rows: Sequence[dict[str, Any]]) -> None:
        pickle.dump([_entry(row) for row in rows], self._file)
        self.drops += len(rows)
        self.bytes += sum(row["size"] for row in rows)

    def batches(self, most_bytes: int, most_drops: int) -> Iterator[list[Entry]]:
        """The drops in order, cut into batches of at most so many bytes and drops; a larger drop is a batch alone.

        Urgent drops share no batch with others: rows that raw lacks are loaded before anything new is published.
        """
        for _, entries in groupby(self._entries(), attrgetter("urgent")):
            yield from in_groups(entries, lambda entry: entry.drop.size, most_bytes, most_drops)

    def _entries(self) -> Iterator[Entry]:
        self._file.seek(0)
        for _ in range(0, self.drops, PAGE):
            yield from pickle.load(self._file)  # noqa: S301 - a file without a name, of this process alone


def _keep_listed(warehouse: Warehouse, listing: Name, listed: Iterable[Drop], chosen: DropFilter, now: datetime) -> bool:
    """Put listed drops into a table, without those that are done with. Returns whether there is one: nothing to do, no table."""
    made = chosen.again or chosen.named != frozenset()
    if made:
        warehouse.run(statement("ingest/listing_table", listing=listing))
    ahead = _Ahead()
    drops = ahead.seen(listed, now)
    while page := list(islice(drops, PAGE)):
        left = page if chosen.again else _unsettled(warehouse, page, chosen.urgent)
        rows = [[d.name, d.source, d.size, d.etag, d.landed_at, d.landed_day, d.name in chosen.urgent] for d in left]
        if rows and not made:
            warehouse.run(statement("ingest/listing_table", listing=listing))
            made = True
        if rows:
            warehouse.insert(listing.text, _COLUMNS, rows)
    ahead.tell()
    return made


def _unsettled(warehouse: Warehouse, page: Sequence[Drop], urgent: Collection[str]) -> Sequence[Drop]:
    """Those of a page of listed drops that a run may have to do with. Names that come in order have a small part of the ledger."""
    names = [drop.name for drop in page]
    rows = warehouse.rows(statement("ingest/settled_between"), first=min(names), last=max(names), limit=2 * PAGE)
    if len(rows) == 2 * PAGE:
        return page
    settled = {(row["drop"], row["etag"]) for row in rows}
    return [drop for drop in page if (drop.name, drop.etag) not in settled or drop.name in urgent]


class _Ahead:
    """Counts drops that landed later than the engine's clock says, and logs them once."""

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
    form = format_of(row["name"]) or UNKNOWN
    drop = Drop(row["name"], row["source"], form, row["size"], row["etag"], row["landed_at"], row["landed_day"])
    return Entry(drop, counts_of(row), bool(row["known"]), row["first_day"], bool(row["urgent"]))


@contextmanager
def due_drops(run: Run, drops: Callable[[], Iterable[Drop]], chosen: DropFilter | None = None) -> Iterator[DueDrops]:
    """The drops that a run is to load, for the length of the run.

    Args:
        drops: lists the landing store; called again after the connection to the engine was lost.
        chosen: which of them to load; by default all that are new, changed or unfinished.
    """
    work = run.settings.work
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=work) as file:
        due = DueDrops(file)
        with_retries(lambda: due.choose(run.warehouse, drops(), chosen or DropFilter()), run.recover)
        yield due
