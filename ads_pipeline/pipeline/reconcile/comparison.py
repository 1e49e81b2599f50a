"""The verb `reconcile`: a platform's totals and a rollup side by side, by day and the keys that the file has.

The file is read and compared by the engine, in statements that only read, so that any reader may. It is read once: what is compared
is its sums by day and key.
"""

import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from ads_pipeline.pipeline.reconcile.columns import is_whole, parse_map
from ads_pipeline.pipeline.reconcile.compared import Comparison, comparison_of
from ads_pipeline.pipeline.reconcile.day_notes import day_notes
from ads_pipeline.pipeline.reconcile.looking import explained
from ads_pipeline.pipeline.reconcile.reading import Reading, read_report
from ads_pipeline.pipeline.reconcile.report_file import open_report
from ads_pipeline.pipeline.reconcile.result import Day, Difference, Reconciliation
from ads_pipeline.pipeline.reconcile.tolerance import Tolerances
from ads_pipeline.pipeline.rollups import Rollup, find_rollup
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.statements import statement
from ads_pipeline.warehouse.warehouse import Warehouse

EVERY = 1 << 62
"""A limit that limits nothing."""


def reconcile(
    warehouse: Warehouse,
    settings: Settings,
    name: str,
    file: Path,
    maps: Sequence[str] = (),
    tolerances: Tolerances | None = None,
    *,
    where: Mapping[str, Sequence[str]] | None = None,
    day_first: bool | None = None,
    limit: int | None = None,
) -> Reconciliation:
    """Compare a platform's file with a rollup, on the days that the file covers, and look for the causes of what differs.

    Args:
        name: the rollup's.
        maps: `NAME=COLUMN` each: the rollup's name of a dimension or metric, or `day`, and the file's; equal names need none.
        where: values that a dimension of the rollup may have; other rows of the rollup are left out.
        day_first: how days such as 01/02/2026 are meant; None if there are none, or the file's other days tell.
        limit: how many differences are listed at most, only those beyond the tolerance; None lists all, those within it too.

    Raises:
        UsageError: the rollup is unknown, the file cannot be read, a map, tolerance or condition names what is not there.
        SetApartError: the rollup is set apart.
    """
    tolerances, rollup = tolerances or Tolerances(), find_rollup(warehouse, settings, name)
    given = parse_map(maps, rollup)
    with tempfile.TemporaryDirectory() as folder:
        report = open_report(file, given, rollup, Path(folder))
        tolerances.check(list(report.columns.metrics))
        reading, table = read_report(warehouse, rollup, report, file, day_first, Path(folder))
        comparison = comparison_of(warehouse, rollup, reading, table, tolerances, where)
        days, differences = _days(comparison), _differences(comparison, limit)
        differences, causes = explained(comparison, settings, days, differences)
        notes = [*reading.notes, *day_notes(comparison, settings, days), *causes]
    return Reconciliation(rollup.name, reading.first, reading.last, reading, days, differences, notes)


def _days(comparison: Comparison) -> list[Day]:
    return [_day(comparison, row) for row in comparison.rows(statement("reconcile/days", compared=comparison.compared))]


def _differences(comparison: Comparison, limit: int | None) -> list[Difference]:
    rows = comparison.rows(
        statement("reconcile/differences", compared=comparison.compared),
        by=_sorted_by(comparison.rollup, comparison.reading),
        all=limit is None,
        limit=limit or EVERY,
    )
    return [_difference(comparison, row) for row in rows]


def _sorted_by(rollup: Rollup, reading: Reading) -> int:
    """The place of the metric by which differences are sorted: the first that is money, else the first."""
    money = [place for place, metric in enumerate(reading.columns.metrics, 1) if not is_whole(rollup.types[metric])]
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
