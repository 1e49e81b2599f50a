"""Whether the SELECT of a source can change the number of lines, by the engine's plan for it: this costs nothing for each line."""

import json
from collections.abc import Iterator
from typing import Any

from ads_pipeline.errors import EngineError
from ads_pipeline.warehouse.statements import Sql, statement
from ads_pipeline.warehouse.warehouse import Warehouse

KEEPS_LINES = {"Expression", "ReadFromStorage", "INPUT", "ALIAS", "COLUMN", "FUNCTION"}
"""Steps of a plan, and actions of a step, that make one row of each row. Filters, limits, joins and arrays are not among them."""


def keeps_lines(warehouse: Warehouse, source: Sql) -> bool:
    """Whether a source is sure to pass on each line once. One that is no SQL is: the engine refuses it when it runs."""
    try:
        plan = "".join(warehouse.column(statement("ingest/source_plan", source=source), time_zone="UTC"))
    except EngineError:
        return True
    return set(_steps(json.loads(plan))) <= KEEPS_LINES


def _steps(plan: Any) -> Iterator[str]:
    """The names of all steps and actions of a plan."""
    if isinstance(plan, dict) and (kind := plan.get("Node Type")):
        yield kind
    for part in plan.values() if isinstance(plan, dict) else plan if isinstance(plan, list) else ():
        yield from _steps(part)
