"""The contract's columns as a statement lists them."""

from ads_pipeline.contract.event import FIELDS

IDENTITY = "event_id"
"""What identifies an event within its day."""

EVENT_COLUMNS = ", ".join(field.name for field in FIELDS)
CONTENT_COLUMNS = ", ".join(field.name for field in FIELDS if field.name != IDENTITY)
"""Those that tell a correction from a duplicate."""

EVENT_DEFINITIONS = ",\n    ".join(f"{field.name} {field.kind.column}" for field in FIELDS)
"""With their types, as CREATE TABLE has them."""
