"""What the SELECT of a source does to lines, by the engine's plan for it: this costs nothing for each line."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ads_pipeline.errors import EngineError
from ads_pipeline.warehouse.statements import Sql, statement, template
from ads_pipeline.warehouse.warehouse import Warehouse

KEEPS_LINES = {"Expression", "ReadFromStorage", "INPUT", "ALIAS", "COLUMN", "FUNCTION"}
"""Steps of a plan, and actions of a step, that make one row of each row. Filters, limits, joins and arrays are not among them."""


@dataclass(frozen=True, slots=True)
class SourcePlan:
    """What a source is sure to do, or yields.

    Args:
        keeps_lines: whether it is sure to pass on each line once.
        several: whether it yields `events`, an array, rather than `event`.
        reasoned: whether it yields `ignored_because` too.
        takes_keys: whether it takes the keys of a line as those of its event, and does nothing else.
        reads_fields: whether it may read `fields`, so that values are best read with their keys: only speed rests on it.
    """

    keeps_lines: bool = True
    several: bool = False
    reasoned: bool = False
    takes_keys: bool = False
    reads_fields: bool = True

    def in_blocks(self, reading: Sql) -> Sql:
        """The settings for reading the lines of the source: fewer at a time if each may be several records."""
        return statement("ingest/in_small_blocks", reading=reading) if self.several else reading


def source_plan(warehouse: Warehouse, source: Sql) -> SourcePlan:
    """The plan of a source. One that is no SQL has none: the engine refuses it when it runs."""
    if source.checksum == template("sources/events").checksum:
        return SourcePlan(takes_keys=True)
    try:
        text = "".join(warehouse.column(statement("ingest/source_plan", source=source), time_zone="UTC"))
    except EngineError:
        return SourcePlan()
    plan = json.loads(text)
    columns = {column["Name"] for column in plan[0]["Plan"]["Header"]}
    reads_fields = bool(re.search(r"\bfields\b", re.sub(r"--[^\n]*", "", source.text)))
    return SourcePlan(set(_steps(plan)) <= KEEPS_LINES, "events" in columns, "ignored_because" in columns, reads_fields=reads_fields)


def _steps(plan: Any) -> Iterator[str]:
    """The names of all steps and actions of a plan."""
    if isinstance(plan, dict) and (kind := plan.get("Node Type")):
        yield kind
    for part in plan.values() if isinstance(plan, dict) else plan if isinstance(plan, list) else ():
        yield from _steps(part)
