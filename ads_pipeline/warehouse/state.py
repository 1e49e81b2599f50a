"""Facts about the database as a whole (table `state`), and the clock that orders its revisions."""

import time

from ads_pipeline.warehouse.client import Warehouse
from ads_pipeline.warehouse.statements import statement


def next_revision() -> int:
    """A number larger than any before it, for the revisions of bookkeeping rows (nanoseconds)."""
    return time.time_ns()


def read_state(warehouse: Warehouse) -> dict[str, str]:
    """Every fact by its key."""
    return {row["key"]: row["value"] for row in warehouse.rows(statement("queries/state"))}


def write_state(warehouse: Warehouse, **facts: str) -> None:
    """Set facts; an empty value forgets one."""
    revision = next_revision()
    warehouse.insert("state", ["key", "value", "revision"], [[key, value, revision] for key, value in facts.items()])
