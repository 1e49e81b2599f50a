"""The event contract: which fields an event has, what they may hold, and why a line is refused.

`event.Event` is the one place that says it. Everything else follows from its fields: the SQL that judges the lines of drops,
the columns of tables and statements, the quick judge of the HTTP service, the OpenAPI schema and the reference page in the docs.
What is committed as a file is made by `make generate`; a test compares.
What does not belong here: reading drops, and how other sources are mapped onto the contract (`sql/sources`).
"""

from ads_pipeline.contract.event import CONTRACT_FIELDS, DEVICES, FIELDS, ContractField, Event
from ads_pipeline.contract.verdict import MAX_LINE_BYTES, Reason, Verdict, validate_line
from ads_pipeline.contract.window import Window

__all__ = [
    "CONTRACT_FIELDS",
    "DEVICES",
    "FIELDS",
    "MAX_LINE_BYTES",
    "ContractField",
    "Event",
    "Reason",
    "Verdict",
    "Window",
    "validate_line",
]
