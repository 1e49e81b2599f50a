"""The verb `reconcile`: a platform's totals and a rollup side by side, by day and the keys that the file has.

The file is read and compared by the engine, in statements that only read, so that any reader may. It is read once: what is compared
is its sums by day and key.
"""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from ads_pipeline.pipeline.query import plan_query
from ads_pipeline.pipeline.reconcile.columns import DAY, parse_map
from ads_pipeline.pipeline.reconcile.reading import Reading, read_report
from ads_pipeline.pipeline.reconcile.report_file import open_report
from ads_pipeline.pipeline.reconcile.result import Day, Difference, Reconciliation
from ads_pipeline.pipeline.reconcile.tolerance import Tolerances
from ads_pipeline.pipeline.rollups import Rollup
from ads_pipeline.warehouse.connection import FileTable
from ads_pipeline.warehouse.statements import Names, Sql, statement
from ads_pipeline.warehouse.warehouse import Warehouse

EVERY = 1 << 62
"""A limit that limits nothing."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The statements that compare: a platform's sums by day and key (`table`) with the rollup's.

    `values` are the parameters of every statement that has the part `compared`.
    """

    warehouse: Warehouse
    rollup: Rollup
    reading: Reading
    table: FileTable
    ours: Sql
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

    def amounts(self, row: dict[str, Any], side: str) -> dict[str, Decimal]:
        """A row's array of amounts, by metric."""
        return dict(zip(self.reading.columns.metrics, map(Decimal, row[side]), strict=True))


def reconcile(
    warehouse: Warehouse,
    rollup: Rollup,
    file: Path,
    maps: Sequence[str] = (),
    tolerances: Tolerances | None = None,
    *,
    where: Mapping[str, Sequence[str]] | None = None,
    day_first: bool | None = None,
    limit: int | None = None,
) -> Reconciliation:
    """Compare a platform's file with a rollup, on the days that the file covers.

    Args:
        maps: `NAME=COLUMN` each: the rollup's name of a dimension or metric, or `day`, and the file's; equal names need none.
        where: values that a dimension of the rollup may have; other rows of the rollup are left out.
        day_first: how days such as 01/02/2026 are meant; None if there are none, or the file's other days tell.
        limit: how many differences are listed at most, only those beyond the tolerance; None lists all, those within it too.

    Raises:
        UsageError: the file cannot be read, a map, tolerance or condition names what is not there.
    """
    tolerances = tolerances or Tolerances()
    given = parse_map(maps, rollup)
    with tempfile.TemporaryDirectory() as folder:
        report = open_report(file, given, rollup, Path(folder))
        tolerances.check(list(report.columns.metrics))
        reading, table = read_report(warehouse, rollup, report, file, day_first, Path(folder))
        comparison = _comparison(warehouse, rollup, reading, table, tolerances, where)
        days = [_day(comparison, row) for row in comparison.rows(statement("reconcile/days", compared=comparison.compared))]
        rows = comparison.rows(
            statement("reconcile/differences", compared=comparison.compared),
            by=_sorted_by(rollup, reading),
            all=limit is None,
            limit=limit or EVERY,
        )
        differences = [_difference(comparison, row) for row in rows]
    return Reconciliation(rollup.name, reading.first, reading.last, reading, days, differences, reading.notes)


def _comparison(
    warehouse: Warehouse,
    rollup: Rollup,
    reading: Reading,
    table: FileTable,
    tolerances: Tolerances,
    where: Mapping[str, Sequence[str]] | None,
) -> Comparison:
    keys, metrics = tuple(reading.columns.keys), tuple(reading.columns.metrics)
    query = plan_query(rollup, reading.first, reading.last, by=(DAY, *keys), metrics=metrics, where=where)
    ours = statement("reconcile/ours", keys=Names(keys), metrics=Names(metrics), select=query.sql)
    allowed = [tolerances.of(metric) for metric in metrics]
    values = {"absolute": [f"{one:f}" for one, _ in allowed], "relative": [f"{one:f}" for _, one in allowed]}
    return Comparison(warehouse, rollup, reading, table, ours, query.parameters | values)


def _sorted_by(rollup: Rollup, reading: Reading) -> int:
    """The place of the metric by which differences are sorted: the first that is money, else the first."""
    money = [place for place, metric in enumerate(reading.columns.metrics, 1) if "Decimal" in rollup.types[metric]]
    return money[0] if money else 1


def _day(comparison: Comparison, row: dict[str, Any]) -> Day:
    in_theirs, in_ours, in_both, differing, beyond = (int(row[name]) for name in ("in_theirs", "in_ours", "in_both", "differing", "beyond"))
    theirs, ours = comparison.amounts(row, "theirs"), comparison.amounts(row, "ours")
    return Day(date.fromisoformat(row["event_date"]), in_theirs, in_ours, in_both, differing, beyond, theirs, ours)


def _difference(comparison: Comparison, row: dict[str, Any]) -> Difference:
    keys = dict(zip(comparison.reading.columns.keys, row["keys"], strict=True))
    only_in = "" if row["in_theirs"] and row["in_ours"] else "theirs" if row["in_theirs"] else "ours"
    return Difference(
        date.fromisoformat(row["event_date"]), keys, only_in, int(row["first_line"]), int(row["file_rows"]),
        comparison.amounts(row, "theirs"), comparison.amounts(row, "ours"), bool(row["beyond"]),
    )  # fmt: skip
