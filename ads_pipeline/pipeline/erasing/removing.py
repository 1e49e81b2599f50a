"""Take erased people out of quarantine, the history of days and errors of the ledger, and what is not used any more off the disk."""

import logging
import re
import time
import uuid
from collections import Counter
from collections.abc import Sequence

from ads_pipeline.days import EARLIEST_DAY, LATEST_DAY
from ads_pipeline.landing.blanking import Pattern
from ads_pipeline.pipeline.erasing.people import People
from ads_pipeline.pipeline.erasing.traces import masked
from ads_pipeline.pipeline.ledger import entry_of, write_entries
from ads_pipeline.pipeline.retention import EVENTS
from ads_pipeline.pipeline.rollups import Rollup
from ads_pipeline.warehouse.partitions import days_in, replace_day
from ads_pipeline.warehouse.statements import Name, statement
from ads_pipeline.warehouse.warehouse import Warehouse

log = logging.getLogger(__name__)

QUARANTINE, DROPS, CORRECTIONS, TOTALS = BOOKS = Name("quarantine"), Name("drops"), Name("corrections"), Name("day_totals")
"""Tables that are written anew; on a cluster every node has all of their rows."""

REMOVAL_SECONDS, REPLICATED_SECONDS = 60.0, 330.0
"""How long to wait until parts that are not used any more are off the disk; replicated tables look for them every five minutes."""


def held_of(warehouse: Warehouse, people: People) -> tuple[int, int]:
    """How many records in quarantine name erased people, and how many of its rows do, whatever their state."""
    row = warehouse.rows(statement("erase/held_lines", people=people.sql), **people.parameters)[0]
    return int(row["records"]), int(row["rows"])


def clear_quarantine(warehouse: Warehouse, people: People) -> None:
    """Write quarantine anew without records that name erased people, and without those that left it."""
    target = Name(f"scratch_{uuid.uuid4().hex[:12]}_quarantine")
    warehouse.run(statement("erase/quarantine_table", target=target))
    warehouse.run(statement("erase/kept_quarantine", target=target, people=people.sql), **people.parameters)
    _swap(warehouse, QUARANTINE, target)


def clear_corrections(warehouse: Warehouse, people: People) -> None:
    """Write what is kept of corrected events anew, without events of which any content names an erased person."""
    target = Name(f"scratch_{uuid.uuid4().hex[:12]}_corrections")
    warehouse.run(statement("erase/corrections_table", target=target))
    for day in warehouse.column(statement("queries/days_of", table=CORRECTIONS), first=EARLIEST_DAY, last=LATEST_DAY):
        warehouse.run(statement("maintenance/truncate", table=target))
        warehouse.run(statement("erase/kept_corrections", target=target, people=people.sql), day=day, **people.parameters)
        replace_day(warehouse, CORRECTIONS, target, day, days_in(warehouse, target))
    warehouse.run(statement("maintenance/drop_tables", tables=target))
    warehouse.sync()


def clear_totals(warehouse: Warehouse, rollups: Sequence[Rollup], people: People, ids: Sequence[str]) -> int:
    """Take rows of erased people out of the history and the statements, and mask ids that metrics of others hold.

    Args:
        ids: those who are erased now, of whose lengths ids within states are looked for.

    Returns how many rows named them.
    """
    held = statement("erase/held_totals", people=people.sql)
    naming = [rollup for rollup in rollups if "user_id" in rollup.dimensions]
    parameters = people.parameters | {
        "naming": [rollup.name for rollup in naming],
        "places": [rollup.dimensions.index("user_id") + 1 for rollup in naming],
        "plain": [rollup.name for rollup in rollups if not any(_holds_texts(rollup.types[metric]) for metric in rollup.metrics)],
        "lengths": sorted({len(user_id.encode()) for user_id in ids if len(user_id.encode()) < 256}),
    }
    count = int(warehouse.value(statement("maintenance/row_count", table=statement("history/in_brackets", select=held)), **parameters))
    if count:
        target = Name(f"scratch_{uuid.uuid4().hex[:12]}_totals")
        warehouse.run(statement("erase/totals_table", target=target))
        warehouse.run(statement("erase/kept_totals", target=target, held=held), **parameters)
        _swap(warehouse, TOTALS, target)
    return count


def _holds_texts(kind: str) -> bool:
    """Whether states of this type may hold texts as they are: all but those that count different values."""
    return "String" in kind and not re.match(r"AggregateFunction\((uniq|count)", kind)


def clear_errors(warehouse: Warehouse, pattern: Pattern | None) -> int:
    """Mask ids in the errors of drops; returns in how many."""
    count = 0
    for row in warehouse.rows(statement("queries/ledger"), drops=[], status="", source="", limit=0) if pattern else []:
        error = masked(row["error"].encode(), pattern).decode() if pattern else ""
        if error != row["error"]:
            write_entries(warehouse, [entry_of(row)], row["status"], row["batch"], {row["drop"]: error})
            count += 1
    if count:
        target = Name(f"scratch_{uuid.uuid4().hex[:12]}_drops")
        warehouse.run(statement("erase/drops_table", target=target))
        warehouse.run(statement("erase/kept_drops", target=target))
        _swap(warehouse, DROPS, target)
    return count


def _swap(warehouse: Warehouse, table: Name, target: Name) -> None:
    warehouse.confirm()
    if warehouse.value(statement("maintenance/row_count", table=target)):
        warehouse.run(statement("erase/replace_all", target=table, source=target))
    else:
        warehouse.run(statement("erase/drop_all", target=table))
    warehouse.run(statement("maintenance/drop_tables", tables=target))
    warehouse.sync()


def remove_unused(warehouse: Warehouse, rollups: Sequence[Rollup]) -> dict[str, tuple[int, int]]:
    """Take parts that are not used any more off the disk. Returns, by table, how many are there still, and how many detached ones."""
    tables = [EVENTS, *(rollup.table for rollup in rollups)]  # on a cluster in another database than the books
    _set_lifetime(warehouse, tables, at_once=True)
    places = warehouse.topology.all_connections
    deadline = time.monotonic() + (REMOVAL_SECONDS if len(places) == 1 else REPLICATED_SECONDS)
    while True:
        left = Counter[str](), Counter[str]()
        for connection in places:
            for row in connection.rows(statement("erase/unused_parts"), tables=[table.text for table in (*tables, *BOOKS)]):
                for counts, what in zip(left, ("parts", "detached"), strict=True):
                    counts[row["table"]] += int(row[what])
                if row["parts"]:
                    connection.run(statement("erase/wake", table=Name(row["table"])))
        if not left[0].total() or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    _set_lifetime(warehouse, tables, at_once=False)
    return {table: (left[0][table], left[1][table]) for table in sorted({*left[0], *left[1]})}


def _set_lifetime(warehouse: Warehouse, tables: Sequence[Name], *, at_once: bool) -> None:
    for place, table in (*((warehouse.ddl, table) for table in tables), *((warehouse, book) for book in BOOKS)):
        place.run(statement("erase/parts_lifetime", table=table, at_once=at_once))
