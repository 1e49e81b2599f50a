"""A platform's file is read by the engine: how it writes days and amounts, what it holds, its sums by day and key."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from ads_pipeline.errors import EngineError, UsageError
from ads_pipeline.pipeline.drafts.names import NOTHING_WORDS
from ads_pipeline.pipeline.reconcile.columns import Columns, is_whole
from ads_pipeline.pipeline.reconcile.report_file import LARGEST, ReportFile
from ads_pipeline.pipeline.rollups import Rollup
from ads_pipeline.warehouse.connection import FileTable
from ads_pipeline.warehouse.error_codes import OF_CONTENT
from ads_pipeline.warehouse.statements import NOTHING, Name, Names, Sql, statement
from ads_pipeline.warehouse.warehouse import Warehouse

THEIRS = "event_date Date, keys Array(String), file_rows UInt64, first_line UInt64, theirs Array(Decimal(38, 12))"
"""The sums of a file by day and key."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file holds.

    Args:
        digits: decimals that each metric is written with at most.
        notes: what was skipped or had to be understood, one sentence each.
    """

    columns: Columns
    rows: int
    first: date
    last: date
    digits: Mapping[str, int]
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Reader:
    warehouse: Warehouse
    report: ReportFile
    file: Path

    @property
    def cells(self) -> Sql:
        return statement(
            "reconcile/cells",
            file=statement("reconcile/file", in_place=self.warehouse.connection.reads_files),
            ndjson=not self.report.places,
            columns=Names(self.report.places),
            surplus=Name(self.report.surplus) if self.report.surplus else NOTHING,
        )

    def raw(self, sql: Sql, output_format: str, **values: Any) -> bytes:
        columns = self.report.columns
        values |= {"nothing": list(NOTHING_WORDS), "keys": len(columns.keys), "skipped": self.report.skipped}
        values |= {} if self.report.places else {"names": columns.names}
        try:
            return self.warehouse.raw_with(self.report.table, sql, output_format, **values)
        except EngineError as error:
            if error.code not in OF_CONTENT:
                raise
            raise UsageError(f"{self.file} cannot be read: {error}") from error

    def row(self, sql: Sql, **values: Any) -> dict[str, Any]:
        """A result of one row."""
        answer = self.raw(statement("queries/output", select=sql, as_array=False), "JSONEachRow", **values)
        found: dict[str, Any] = json.loads(answer, parse_float=Decimal)
        return found


def read_report(
    warehouse: Warehouse, rollup: Rollup, report: ReportFile, file: Path, day_first: bool | None, folder: Path
) -> tuple[Reading, FileTable]:
    """Read a file: what it holds, and its sums by day and key as a table in the folder.

    Raises:
        UsageError: a day or an amount cannot be read, or can be read in two ways.
    """
    if not warehouse.connection.reads_files and report.table.path.stat().st_size > LARGEST:
        raise UsageError(f"{file} holds more than {LARGEST >> 20} MiB, which is too much to send to the server: split it by days")
    reader, metrics = _Reader(warehouse, report, file), report.columns.metrics
    whole = [is_whole(rollup.types[name]) for name in metrics]
    layout = reader.row(statement("reconcile/layout", cells=reader.cells), whole=whole)
    ways = {
        "day_first": _day_first(layout, day_first, file),
        "decimal_comma": _decimal_comma(layout, file),
        "total_is_key": _has_total_key(warehouse, rollup, report),
    }
    records = statement("reconcile/records", cells=reader.cells)
    found = reader.row(statement("reconcile/reading", records=records), **ways)
    _check_faults(found, report.columns, file)
    table = FileTable(folder / "theirs.native", "Native", THEIRS)
    table.path.write_bytes(reader.raw(statement("reconcile/theirs", records=records), "Native", **ways))
    notes = [*_skipped(found), *_of_amounts(layout, ways["decimal_comma"])]
    first, last = date.fromisoformat(found["first_day"]), date.fromisoformat(found["last_day"])
    return Reading(report.columns, int(found["rows"]), first, last, dict(zip(metrics, found["digits"], strict=True)), notes), table


def _has_total_key(warehouse: Warehouse, rollup: Rollup, report: ReportFile) -> bool:
    """Whether the rollup itself has a key such as `Total`: a row of it is none of totals then."""
    keys = Names(tuple(report.columns.keys))
    return bool(keys and warehouse.value(statement("reconcile/total_keys", keys=keys, table=rollup.table)))


def _day_first(layout: dict[str, Any], asked: bool | None, file: Path) -> bool:
    """Whether days such as 01/02/2026 begin with the day."""
    if asked is not None:
        return asked
    if layout["day_first"] and layout["month_first"]:
        raise UsageError(f"{file} writes some days with the day first and some with the month first: write them as YYYY-MM-DD")
    if layout["short_days"] and not layout["day_first"] and not layout["month_first"]:
        found = layout["short_day"]
        raise UsageError(f"{file} writes days such as {found}, which may be day/month or month/day: add --day-first or --month-first")
    return bool(layout["day_first"])


def _decimal_comma(layout: dict[str, Any], file: Path) -> bool:
    """Whether decimals stand behind a comma."""
    if layout["decimal_comma"] and layout["decimal_point"]:
        lines = f"line {layout['comma_line']} has a decimal comma, line {layout['point_line']} a decimal point"
        raise UsageError(f"{file} writes amounts in two ways: {lines}; write all of them in one")
    return bool(layout["decimal_comma"] or (layout["weak_comma"] and not layout["decimal_point"]))


def _of_amounts(layout: dict[str, Any], decimal_comma: bool) -> list[str]:
    """How amounts were understood, where that may be wrong."""
    if decimal_comma:
        return ["amounts are read with a decimal comma: 1.234,56"]
    if layout["three_decimals"] and not layout["decimal_point"]:
        return [f"amounts such as {layout['three_decimals']} are read with a decimal point: the file does not say that it parts thousands"]
    return []


def _check_faults(found: dict[str, Any], columns: Columns, file: Path) -> None:
    if found["faults"]:
        kind, line, day, amounts, place = found["fault"] if isinstance(found["fault"], list) else found["fault"].values()
        more = f" ({int(found['faults']) - 1:,} more lines cannot be read)" if int(found["faults"]) > 1 else ""
        if kind == "day":
            raise UsageError(f"{file}, line {line}: {day!r} in column {columns.day!r} is not a day; write it as YYYY-MM-DD{more}")
        if kind == "wide":
            raise UsageError(f"{file}, line {line} has more cells than the header: a cell that holds the delimiter needs quotes{more}")
        name = [*columns.metrics.values()][int(place) - 1]
        raise UsageError(f"{file}, line {line}: {amounts[int(place) - 1]!r} in column {name!r} is not a number; write it as 1234.56{more}")
    if not int(found["rows"]):
        raise UsageError(f"{file} has no row with a day: there is nothing to compare")


def _skipped(found: dict[str, Any]) -> list[str]:
    lines = found["skipped_lines"]
    shown = ", ".join(map(str, lines[:5])) + (" …" if len(lines) > 5 else "")
    totals, notes = int(found["totals"]), int(found["notes"])
    what = [f"{totals:,} {'row' if totals == 1 else 'rows'} of totals"] if totals else []
    what += [f"{notes:,} {'line' if notes == 1 else 'lines'} without day and amounts"] if notes else []
    return [f"skipped: {' and '.join(what)} (line {shown})"] if what else []
