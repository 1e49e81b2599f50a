"""The check `drops_waiting`: the landing store, listed as an ingest would at this moment, is compared with the ledger, page by page in
bounded memory.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from typing import Any

from ads_pipeline.errors import LandingError, SettingsError
from ads_pipeline.landing import Drop, Look, open_store
from ads_pipeline.pipeline.listing import present_look
from ads_pipeline.pipeline.touched import Changes
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.lease import live_claims
from ads_pipeline.warehouse.statements import statement
from ads_pipeline.warehouse.warehouse import Warehouse

DESCRIPTION = "No drop that landed longer ago than ADS_WAITING_ALERT waits to be loaded, unless a run is writing at this moment."

REMEDY = "`ads ingest`; is the daemon running, does the sensor `new_drops` tick? If the sample names the store, `ads doctor`"

MOST = 10_000
"""Waiting drops that are counted."""

PAGE = 5000
"""Drops and ledger rows held in memory at a time."""

_NOT_DONE = ("pending", "loading", "vanished")


def count_waiting(warehouse: Warehouse, settings: Settings, changes: Changes | None) -> dict[str, Any]:
    """How many drops are late, and a few of them; a store that cannot be listed counts as one.

    Args:
        changes: given within a run that has just listed the store and loaded what it found: the ledger knows what is left of that.
    """
    if changes:
        return warehouse.rows(statement("queries/left_waiting"), late=warehouse.now() - settings.waiting_alert)[0]
    if not warehouse.writes and warehouse.has_table("leases") and live_claims(warehouse.connection):
        return {"observed": 0, "sample": []}
    late = warehouse.now() - settings.waiting_alert
    waiting, sample = 0, list[str]()
    try:
        for drop in _present(warehouse, settings, lambda drop: drop.landed_at < late):
            waiting += 1
            sample += [f"{drop.name} (landed {drop.landed_at:%Y-%m-%d %H:%M} UTC)"] if waiting <= 5 else []
    except (LandingError, SettingsError) as error:
        return {"observed": 1, "sample": [str(error)]}
    return {"observed": waiting, "sample": sample}


def read_waiting(warehouse: Warehouse, settings: Settings) -> dict[str, Any]:
    """How many drops wait to be loaded (at most `MOST`), when the oldest of them landed, and why the store cannot be listed, if so."""
    count, oldest = 0, None
    try:
        for drop in islice(_present(warehouse, settings, lambda drop: True), MOST):
            count, oldest = count + 1, min(oldest or drop.landed_at, drop.landed_at)
    except (LandingError, SettingsError) as error:
        return {"drops": None, "oldest": None, "error": str(error)}
    return {"drops": count, "oldest": oldest, "error": ""}


def _present(warehouse: Warehouse, settings: Settings, chosen: Callable[[Drop], bool]) -> Iterator[Drop]:
    """Waiting drops of what an ingest lists at this moment."""
    look = present_look(warehouse, settings, open_store(settings)) if warehouse.has_table("state") else None
    return waiting_drops(warehouse, settings, chosen, look)


def waiting_drops(warehouse: Warehouse, settings: Settings, chosen: Callable[[Drop], bool], look: Look | None = None) -> Iterator[Drop]:
    """Drops of the landing store that are chosen and neither loaded as they are nor given up.

    Args:
        look: leaves out what an ingest leaves out at this moment; by default the store is listed whole.

    Raises:
        LandingError, SettingsError: the store cannot be listed.
    """
    with closing(open_store(settings).list(look=look)) as drops:  # type: ignore[type-var]
        while page := list(islice(drops, PAGE)):
            yield from _waiting(warehouse, [drop for drop in page if chosen(drop)])


def _waiting(warehouse: Warehouse, page: list[Drop]) -> Iterator[Drop]:
    """Those of a few drops that are not loaded or given up."""
    if not page:
        return
    names, done = {drop.name for drop in page}, dict[str, str]()
    for row in _ledger(warehouse, min(names), max(names)):
        if row["drop"] in names and row["status"] not in _NOT_DONE:
            done[row["drop"]] = row["etag"]
    yield from (drop for drop in page if done.get(drop.name) != drop.etag)


def _ledger(warehouse: Warehouse, first: str, last: str) -> Iterator[dict[str, Any]]:
    """Rows of the ledger between two names, both included."""
    after = ""
    while rows := warehouse.rows(statement("queries/ledger_between"), first=first, last=last, after=after, limit=PAGE):
        yield from rows
        after = rows[-1]["drop"]
