"""The table `state`: facts about the database as a whole, each a key and a text."""

from ads_pipeline.warehouse.statements import statement
from ads_pipeline.warehouse.warehouse import Warehouse


def read_state(warehouse: Warehouse) -> dict[str, str]:
    """All facts, by key."""
    return {row["key"]: row["value"] for row in warehouse.rows(statement("queries/state"))}


def write_state(warehouse: Warehouse, **facts: str) -> None:
    """Set facts; an empty value removes one."""
    revision = warehouse.next_revision()
    warehouse.insert("state", ["key", "value", "revision"], [[key, value, revision] for key, value in facts.items()])
