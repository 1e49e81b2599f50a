"""The contract's columns as parts of SQL statements."""

from ads_pipeline.contract.event import FIELDS

IDENTITY = "event_id"
"""With the event's day, what identifies it."""


def column_names(*, leave_out: tuple[str, ...] = ()) -> str:
    """The columns that a statement lists, in the order of the contract."""
    return ", ".join(field.name for field in FIELDS if field.name not in leave_out)


def column_definitions() -> str:
    """The columns with their types, as a CREATE TABLE has them."""
    return ",\n    ".join(f"{field.name} {field.kind.column}" for field in FIELDS)
