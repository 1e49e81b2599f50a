"""Whether the ledger, its counts by day and quarantine still hold what the last ingest left: by their parts, without a look at any row.

What is noted (in `day_parts`, without a day) is what these tables were made of when an ingest ended. While all of it is there, no row was
lost, so that no drop was forgotten; while there is nothing else, the counts of every drop still add up as they did then.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from ads_pipeline.pipeline.completeness import Parts, noted_parts, parts_of, write_parts
from ads_pipeline.warehouse.statements import statement
from ads_pipeline.warehouse.warehouse import Warehouse

TABLES = ["drops", "drop_days", "quarantine"]

_NO_DAY = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Books:
    """How the bookkeeping stands.

    Args:
        whole: no part that was noted is gone; false where nothing was noted.
        unchanged: nothing was written since, either.
        listed: which landing store was last listed whole; see `listing`.
        unfinished: the drops that are not done with, or failed.
        parts: those that the tables have.
    """

    whole: bool
    unchanged: bool
    listed: str
    unfinished: frozenset[str]
    parts: Mapping[str, Parts]


def read_books(warehouse: Warehouse) -> Books:
    """Read them, and compare the parts that the tables have with those noted."""
    row = warehouse.rows(statement("queries/books"), tables=TABLES)[0]
    noted, present = noted_parts(row["noted"]), _present(warehouse)
    pairs = [(noted.get((name, _NO_DAY, 0)), present.get(name, Parts())) for name in TABLES]
    whole = all(before is not None and now.cover(before) for before, now in pairs)
    unchanged = whole and all(before is not None and now.newest <= before.newest for before, now in pairs)
    return Books(whole, unchanged, row["listed"], frozenset(row["unfinished"]), present)


def note_books(warehouse: Warehouse, books: Books) -> None:
    """Note what the tables were made of when the books were read, if every count adds up."""
    write_parts(warehouse, {(name, _NO_DAY, 0): books.parts.get(name, Parts()) for name in TABLES})


def _present(warehouse: Warehouse) -> Mapping[str, Parts]:
    return {row["name"]: parts_of(row) for row in warehouse.rows(statement("queries/present_parts"), tables=TABLES)}
