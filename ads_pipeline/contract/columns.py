"""The contract's columns as a statement lists them."""

from ads_pipeline.contract.event import FIELDS

IDENTITY = ("event_id", "event_type", "ids", "event_date")
"""What identifies an event: its id and its type, its id space, and its day."""

EVENT_COLUMNS = ", ".join(field.name for field in FIELDS)
IDENTITY_COLUMNS = ", ".join(IDENTITY)
IDENTITY_KEY = f"cityHash64({IDENTITY_COLUMNS})"
"""Stands for the identity among the records of a batch, where a hash will do; it is not kept."""

CONTENT_COLUMNS = ", ".join(field.name for field in FIELDS if field.name not in IDENTITY)
"""Those that tell a correction from a duplicate."""

EVENT_DEFINITIONS = ",\n    ".join(f"{field.name} {field.kind.column}" for field in FIELDS)
"""With their types, as CREATE TABLE has them."""
