"""Statements: what was stated of closed days, kept as rows that can be merged again, and read in place of what they are now."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from ads_pipeline.pipeline.history import functions_of, marks
from ads_pipeline.pipeline.rollups import Rollup, merged_select
from ads_pipeline.warehouse.error_codes import NOT_READABLE, if_allowed
from ads_pipeline.warehouse.statements import NOTHING, Name, Names, Part, Sql, statement
from ads_pipeline.warehouse.warehouse import Warehouse

_SIMPLE = "SimpleAggregateFunction("


@dataclass(frozen=True, slots=True)
class Closed:
    """The last closed day of a rollup, and a version that changes with each statement."""

    last: date
    version: int


def read_closed(warehouse: Warehouse) -> dict[str, Closed]:
    """The rollups that have closed days; none for a user who may not read statements."""
    rows = if_allowed(lambda: warehouse.rows(statement("history/closed")), NOT_READABLE) or []
    return {row["name"]: Closed(row["closed_to"], row["version"]) for row in rows}


def keep_statement(warehouse: Warehouse, rollup: Rollup, batch: str, days: Collection[date]) -> None:
    """Keep the rows of days as a statement, which counts when the table `statements` names the batch."""
    states = tuple(_text_of(rollup, metric) for metric in rollup.metrics)
    parts: dict[str, Part] = {"dimensions": Names(rollup.dimensions), "metrics": functions_of(rollup), "states": states}
    warehouse.run(
        statement("history/close", table=rollup.table, **parts),
        name=rollup.name,
        metrics=list(rollup.metrics),
        batch=batch,
        days=sorted(days),
        shape=shape_of(rollup),
        revision=warehouse.next_revision(),
    )


def shape_of(rollup: Rollup) -> str:
    """What stands for the columns of a rollup and their types."""
    return hashlib.sha256(json.dumps(rollup.types).encode()).hexdigest()


def stated_select(rollup: Rollup) -> Sql:
    """The SELECT of the rollup's view `<name>_stated`: its report with closed days as they were stated last."""
    fixed = _stated_rows(rollup, Sql(rollup.name), Sql(shape_of(rollup)))
    return merged_select(rollup, rollup.dimensions, rollup.metrics + rollup.ratios, table=fixed)


def stated_table(rollup: Rollup) -> tuple[Sql, dict[str, Any]]:
    """The rollup with its closed days as they were stated, as a SELECT in brackets, and its parameters."""
    return _stated_rows(rollup), {"name": rollup.name, "shape": shape_of(rollup)}


def _stated_rows(rollup: Rollup, name: Sql = NOTHING, shape: Sql = NOTHING) -> Sql:
    places = {column: 1 + place for names in (rollup.dimensions, rollup.metrics) for place, column in enumerate(names)}
    stated = tuple(
        _state_of(rollup, column, place) if column in rollup.metrics else _key_of(rollup, column, place)
        for column, place in ((column, places[column]) for column in rollup.types)
    )
    parts: dict[str, Part] = {"columns": Names(tuple(rollup.types)), "table": rollup.table, "stated": stated, "marks": marks(name)}
    return statement("history/in_brackets", select=statement("history/stated", fixed=name, shape=shape, **parts))


def _text_of(rollup: Rollup, metric: str) -> Sql:
    function = rollup.merge_function(metric)
    return statement(
        "history/state_text", function=Name(function if _is_simple(rollup, metric) else f"{function}State"), metric=Name(metric)
    )


def _key_of(rollup: Rollup, column: str, place: int) -> Sql | Name:
    """A dimension of a statement; the day is that of the table, by which its rows are found."""
    if column == "event_date":
        return Name(column)
    return statement("history/key_of_text", place=place, kind=Sql(rollup.types[column]), column=Name(column))


def _state_of(rollup: Rollup, metric: str, place: int) -> Sql:
    kind = rollup.types[metric]
    inner = kind.removeprefix(_SIMPLE).partition(", ")[2][:-1] if _is_simple(rollup, metric) else kind
    return statement("history/state_of_text", place=place, kind=Sql(inner), metric=Name(metric), nullable=inner.startswith("Nullable("))


def _is_simple(rollup: Rollup, metric: str) -> bool:
    return rollup.types[metric].startswith(_SIMPLE)
