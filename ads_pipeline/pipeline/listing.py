"""What a run lists of the landing store: all of it, or (if that was done not long ago) what may have changed since.

A whole listing is noted once all that it found is loaded, as a fact of the database (`listed`). Until the next one is due, a run leaves
out folders of old days in which nothing has changed (`Look`). Drops that are not done with, and those that raw lacks rows of, are looked
for by name, wherever they lie. If rows of the ledger were lost, the store is listed whole.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ads_pipeline.days import utc_now
from ads_pipeline.landing import SMALL, Drop, LandingStore, Look
from ads_pipeline.pipeline.due import EVER, NO_DAY, DropFilter
from ads_pipeline.pipeline.run import Run
from ads_pipeline.pipeline.sources import find_source
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.state import read_state, write_state
from ads_pipeline.warehouse.warehouse import Warehouse

LISTED = "listed"
"""The fact: which store was listed whole, when that began (seconds since 1970) and how many drops it had."""

SKEW, QUIET = 5.0, 60.0
"""Seconds by which the clocks of this machine and of a folder may differ, and for which a folder is listed again after it changed: what is
being written may not be whole yet."""

NAMED = 200
"""How many drops are looked for by name; more, and the store is listed whole."""


@dataclass
class Listing:
    """How a run lists the landing store.

    Args:
        look: what the listing leaves out; None: nothing.
        only_named: whether nothing is listed but drops that are looked for by name.
        noted: whether a whole listing was noted before.

    Attributes:
        began: when it began, in seconds since 1970.
        count: how many drops it has found so far.
    """

    run: Run
    store: LandingStore
    chosen: DropFilter
    look: Look | None = None
    only_named: bool = False
    noted: bool = False
    began: float = field(default=0.0, init=False)
    count: int = field(default=0, init=False)

    def drops(self) -> Iterator[Drop]:
        """The drops that may be chosen; called again after the connection to the engine was lost."""
        source = find_source(self.run.settings, self.chosen.source) if self.chosen.source else None
        self.began, self.count = time.time(), 0
        for drop in self._found():
            self.count += 1
            if source in (None, drop.source) and self._may_be_chosen(drop):
                yield drop

    def _may_be_chosen(self, drop: Drop) -> bool:
        first, last = self.chosen.landed
        return self.chosen.again or first <= drop.landed_day <= last or drop.name in (self.chosen.named or ())

    def _found(self) -> Iterator[Drop]:
        """The drops of the listing, and those by name that it has left out."""
        left = set(self.chosen.named or ()) if self.look or self.only_named else set[str]()
        for drop in () if self.only_named else self.store.list(look=self.look):
            left.discard(drop.name)
            yield drop
        yield from filter(None, map(self.store.find, sorted(left)))

    def note(self) -> None:
        """Note that the store was listed whole, now that all that was found is loaded or in the ledger."""
        whole = not (self.look or self.chosen.source or self.chosen.again or self.chosen.limit) and self.chosen.landed == EVER
        if whole and (self.count > SMALL or self.noted):
            fact = {"store": self.store.url, "began": self.began, "drops": self.count}
            write_state(self.run.warehouse, **{LISTED: json.dumps(fact)})


def open_listing(run: Run, store: LandingStore, chosen: DropFilter, listed: str) -> Listing:
    """How a run lists the landing store, by what it is to load.

    Args:
        listed: the fact about the last whole listing; empty: there is none.
    """
    found = Listing(run, store, chosen, noted=bool(listed))
    if len(chosen.named or ()) <= NAMED:
        if chosen.landed == NO_DAY:
            return replace(found, only_named=True)
        if chosen.landed == EVER and not (chosen.again or chosen.whole):
            return replace(found, look=look_by(listed, run.settings, store))
    return found


def present_look(warehouse: Warehouse, settings: Settings, store: LandingStore) -> Look | None:
    """What a listing may leave out at this moment; None if the store has to be listed whole."""
    return look_by(read_state(warehouse).get(LISTED, ""), settings, store)


def look_by(listed: str, settings: Settings, store: LandingStore) -> Look | None:
    """The same, by the fact about the last whole listing."""
    if not listed:
        return None
    fact, now = json.loads(listed), time.time()
    is_due = not 0 <= now - fact["began"] < settings.list_whole_every.total_seconds()
    if is_due or fact["store"] != store.url or fact["drops"] <= SMALL:
        return None
    return Look((utc_now() - settings.look_back).date(), min(fact["began"] - SKEW, now - QUIET))


def forget_listing(warehouse: Warehouse) -> None:
    """The next run lists the store whole: rows of the ledger were lost."""
    write_state(warehouse, **{LISTED: ""})
