"""A cell of a rollup, and the statements that take it apart."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from ads_pipeline.errors import UsageError
from ads_pipeline.pipeline.reconcile.columns import adds_up, is_whole
from ads_pipeline.pipeline.rollups import Rollup, merged_select
from ads_pipeline.pipeline.why.result import Values
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.statements import Name, Names, Sql, statement
from ads_pipeline.warehouse.warehouse import Warehouse

DAY = "event_date"

MOST_RECORDS, TOO_MANY = 1_000_000, 158
"""Records that are looked at one by one, and the engine's code for more."""


@dataclass(frozen=True)
class Cell:
    """An event day of a rollup and values of its dimensions (all of one that is not in `where`), and the metrics to take apart."""

    warehouse: Warehouse
    settings: Settings
    rollup: Rollup
    day: date
    where: Mapping[str, Sequence[str]]
    metrics: tuple[str, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def sums(self) -> tuple[str, ...]:
        """The metrics whose parts add up: sums and counts."""
        return tuple(metric for metric in self.metrics if adds_up(self.rollup, metric))

    @cached_property
    def unions(self) -> tuple[str, ...]:
        """The metrics that count different values: what two parts share counts once."""
        return tuple(metric for metric in self.metrics if metric not in self.sums and _is_union(self.rollup.types[metric]))

    @property
    def ranked(self) -> Name | tuple[()]:
        """The metric by which parts are ordered: the first that adds up, money before counts."""
        money = [metric for metric in self.sums if not is_whole(self.rollup.types[metric])]
        return Name((money or self.sums)[0]) if self.sums else ()

    @property
    def merged(self) -> tuple[Sql, ...]:
        """Of each metric, the expression that merges its states."""
        return tuple(self.rollup.merged(metric) for metric in self.metrics)

    def value(self) -> Values:
        """The cell as the rollup has it now."""
        select = merged_select(self.rollup, (), self.metrics, of_day=True, filtered=tuple(self.where))
        return self.values(self.rows(select)[0])

    def records(self, rows: Sql, marks: Sql) -> Sql:
        """The part `why/records`: the states of each record, of rows that look like those of `events`, that has part in the cell."""
        return statement(
            "why/records",
            metrics=Names(self.metrics),
            marks=marks,
            rows=rows,
            select=self.rollup.select,
            most=MOST_RECORDS,
            filtered=Names(tuple(self.where)),
        )

    def held(self, *, lines: bool) -> Sql:
        """The cell's records in `events`; see `why/marks`."""
        rows = statement("why/rows", database=Name(self.warehouse.connection.database))
        return self.records(rows, statement("why/marks", lines=lines))

    def by_drop(self, drops: int) -> Sql:
        """What stands for `held` where the SELECT calculates with the day: the drops of the parameter `largest`, and all others."""
        return statement(
            "why/records_by_drop",
            metrics=Names(self.metrics),
            places=tuple(range(drops + 1)),
            rows=statement("why/rows", database=Name(self.warehouse.connection.database)),
            select=self.rollup.select,
            filtered=Names(tuple(self.where)),
        )

    def rows(self, sql: Sql, **values: Any) -> list[dict[str, Any]]:
        """The rows of a statement about the cell; numbers with a point are Decimals, days and times texts."""
        filters = {f"values_{place}": list(wanted) for place, wanted in enumerate(self.where.values())}
        answer = self.warehouse.raw(
            statement("queries/output", select=sql, as_array=False), "JSONEachRow", day=self.day, **self.parameters, **filters, **values
        )
        return [json.loads(line.decode(errors="replace"), parse_float=Decimal) for line in answer.splitlines()]

    def values(self, row: Mapping[str, Any]) -> Values:
        """The metrics of a row."""
        return {metric: row[metric] for metric in self.metrics}


def _is_union(kind: str) -> bool:
    return kind.startswith("AggregateFunction(uniq")


def checked(rollup: Rollup, metrics: Sequence[str] | None, where: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The metrics to take apart: those named, or all.

    Raises:
        UsageError: a name that the rollup does not have, or that cannot be taken apart.
    """
    named = tuple(dict.fromkeys(rollup.metrics if metrics is None else metrics))
    for name in named:
        if name in rollup.ratios:
            raise UsageError(f"{name} is a ratio, which does not add up: take apart what it is made of, such as cost and impressions")
        if name not in rollup.metrics:
            raise UsageError(f"unknown metric {name!r} of {rollup.name}; there are: {', '.join(rollup.metrics)}")
    if not named:
        raise UsageError(f"nothing to take apart: name a metric ({', '.join(rollup.metrics)})")
    for name in where:
        if name == DAY or name not in rollup.dimensions:
            dimensions = ", ".join(other for other in rollup.dimensions if other != DAY)
            raise UsageError(f"unknown dimension {name!r} of {rollup.name}; there are: {dimensions}; the day is given apart")
    return named
