"""The statements that put a platform's sums by day and key beside the rollup's."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from ads_pipeline.pipeline.availability import read_availability
from ads_pipeline.pipeline.query import plan_query
from ads_pipeline.pipeline.reconcile.columns import DAY, is_whole
from ads_pipeline.pipeline.reconcile.reading import Reading
from ads_pipeline.pipeline.reconcile.tolerance import Tolerances
from ads_pipeline.pipeline.rollups import Rollup
from ads_pipeline.warehouse.connection import FileTable
from ads_pipeline.warehouse.statements import Names, Sql, statement
from ads_pipeline.warehouse.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class Comparison:
    """The statements that compare: a platform's sums by day and key (`table`) with the rollup's.

    `values` are the parameters of every statement that has the part `compared`.
    """

    warehouse: Warehouse
    rollup: Rollup
    reading: Reading
    table: FileTable
    tolerances: Tolerances
    ours: Sql
    left_out: Sequence[date]
    filtered: tuple[str, ...]
    values: Mapping[str, Any]

    @property
    def compared(self) -> Sql:
        """The part `reconcile/compared`."""
        file = statement("reconcile/file", in_place=self.warehouse.connection.reads_files)
        return statement("reconcile/compared", file=file, ours=self.ours)

    def rows(self, sql: Sql, **values: Any) -> list[dict[str, Any]]:
        """The rows of a statement over what is compared; numbers with a point are Decimals."""
        answer = self.warehouse.raw_with(
            self.table, statement("queries/output", select=sql, as_array=False), "JSONEachRow", **self.values, **values
        )
        return [json.loads(line, parse_float=Decimal) for line in answer.splitlines()]

    @property
    def halves(self) -> tuple[Decimal, ...]:
        """Of each metric, half a unit of the last decimal that the file has: how far rounding may take a row; 0 of whole numbers."""
        digits, types = self.reading.digits, self.rollup.types
        return tuple(Decimal(0) if is_whole(types[name]) else Decimal(5).scaleb(-1 - digits[name]) for name in digits)

    def allowed(self, their: Decimal, metric: str) -> Decimal:
        """How much a metric may differ where theirs is so much."""
        absolute, relative = self.tolerances.of(metric)
        return max(absolute, relative * abs(their))

    def amounts(self, row: dict[str, Any], side: str) -> dict[str, Decimal]:
        """A row's array of amounts, by metric."""
        return dict(zip(self.reading.columns.metrics, map(Decimal, row[side]), strict=True))


def comparison_of(
    warehouse: Warehouse,
    rollup: Rollup,
    reading: Reading,
    table: FileTable,
    tolerances: Tolerances,
    where: Mapping[str, Sequence[str]] | None,
) -> Comparison:
    """The comparison of what a file holds with the rollup on its days.

    Raises:
        UsageError: an unknown dimension in `where`.
    """
    keys, metrics = tuple(reading.columns.keys), tuple(reading.columns.metrics)
    query = plan_query(rollup, reading.first, reading.last, by=(DAY, *keys), metrics=metrics, where=where)
    ours = statement("reconcile/ours", keys=Names(keys), metrics=Names(metrics), select=query.sql)
    left_out = read_availability(warehouse, [rollup.name]).left_out_between(reading.first, reading.last)
    allowed = [tolerances.of(metric) for metric in metrics]
    values = {"left_out": left_out, "absolute": [f"{one:f}" for one, _ in allowed], "relative": [f"{one:f}" for _, one in allowed]}
    return Comparison(warehouse, rollup, reading, table, tolerances, ours, left_out, tuple(where or ()), query.parameters | values)
