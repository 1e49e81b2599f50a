"""The verb `forget`: remove the events of drops, as if they had never landed."""

import logging
import uuid
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date

from ads_pipeline.errors import RetentionError, UsageError
from ads_pipeline.landing import LandingStore
from ads_pipeline.pipeline.ingest import load_again
from ads_pipeline.pipeline.ledger import Counts, entry_of, read_ledger, write_entries
from ads_pipeline.pipeline.rebuild import note_days, span
from ads_pipeline.pipeline.recount import FORGET, take_back
from ads_pipeline.pipeline.retention import kept_from
from ads_pipeline.pipeline.run import Run
from ads_pipeline.warehouse.statements import statement
from ads_pipeline.warehouse.warehouse import Warehouse

log = logging.getLogger(__name__)


def forget(run: Run, store: LandingStore, names: Sequence[str]) -> list[date]:
    """Delete the rows of drops from raw and their lines from quarantine, and rebuild their days. Returns these days.

    Other drops that share events with them are loaded again, so that these events are as if the forgotten drops had never landed.
    A forgotten drop stays in the ledger and is not loaded again, unless it changes or `ads reload` asks for it. If this run dies,
    the next one finishes it; run again: no change.

    Raises:
        UsageError: a name that the ledger does not have, or a drop that shares events and is no longer in the landing store.
        RetentionError: events of the drops have expired, so that their rollup days can no longer be recomputed.
    """
    warehouse = run.warehouse
    drops = list(dict.fromkeys(names))
    rows = [row for row in read_ledger(warehouse, drops=drops) if row["status"] != "forgotten"]
    drops = [row["drop"] for row in rows]
    if not drops:
        return []
    kept = kept_from(warehouse, run.settings)
    _check_kept(warehouse, drops, kept)
    days = warehouse.column(statement("queries/days_to_take_back"), drops=drops, kept_from=kept)
    sharing = warehouse.column(statement("queries/sharing_drops"), drops=drops, days=days)
    _check_landed(warehouse, store, sharing)
    batch = f"{FORGET}{uuid.uuid4().hex[:12]}"
    with warehouse.tagged(batch=batch):
        note_days(warehouse, batch, days, settled=False)
        if sharing:
            write_entries(warehouse, [entry_of(row) for row in read_ledger(warehouse, drops=sharing)], "pending", batch)
        write_entries(warehouse, [replace(entry_of(row), counts=Counts()) for row in rows], "forgotten", batch)
        take_back(warehouse, drops, days, kept)
    run.recover()
    if sharing:
        log.info("%d drops share events with what is forgotten, and are loaded again", len(sharing))
        load_again(run, store, sharing)
    return sorted(days)


def _check_kept(warehouse: Warehouse, drops: Sequence[str], kept: date) -> None:
    expired = warehouse.column(statement("queries/expired_of_drops"), drops=list(drops), kept_from=kept)
    if expired:
        raise RetentionError(
            f"refused: events of these drops are of {span(expired)}, whose raw rows have expired (kept from {kept} on): "
            "their rollups can no longer be recomputed; nothing was changed"
        )


def _check_landed(warehouse: Warehouse, store: LandingStore, sharing: Collection[str]) -> None:
    """Check that the drops which share events are still in the landing store, unchanged since they were loaded."""
    if not sharing:
        return
    etags = {row["drop"]: row["etag"] for row in read_ledger(warehouse, drops=list(sharing))}
    found = {drop.name for drop in store.list() if etags.get(drop.name) == drop.etag}
    if lost := sorted(set(sharing) - found):
        raise UsageError(
            f"refused: {lost[0]} may share events with what is to be forgotten, and is no longer in the landing store as it was loaded; "
            "nothing was changed. Land it again, or forget it too"
        )
