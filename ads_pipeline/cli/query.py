"""`ads query`."""

import json
import sys
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from ads_pipeline.cli.charts import as_number, print_bars, print_sparklines
from ads_pipeline.cli.common import DAY, check_range, reading
from ads_pipeline.cli.completing import complete_columns, complete_rollups
from ads_pipeline.cli.tables import echo, print_table
from ads_pipeline.errors import UsageError
from ads_pipeline.pipeline.availability import left_out, read_availability
from ads_pipeline.pipeline.breakdown import CHANGE, PART, Extras, parse_least
from ads_pipeline.pipeline.lookups import named_dimensions
from ads_pipeline.pipeline.query import RollupQuery, parse_conditions, parse_names, plan_query, run_raw
from ads_pipeline.pipeline.rollups import Rollup, find_rollup
from ads_pipeline.text import visible, visible_json

FORMATS = ("table", "csv", "json", "parquet")


@click.command()
@click.argument("rollup", shell_complete=complete_rollups)
@click.option("--from", "first", type=DAY, help="First event day; default: all days.")
@click.option("--to", "last", type=DAY, help="Last event day, included.")
@click.option("--by", metavar="COL,…", shell_complete=complete_columns("dimensions"), help="Dimensions to group by; default: all.")
@click.option("--metric", metavar="M,…", shell_complete=complete_columns("metrics"), help="Metrics and ratios to show; default: all.")
@click.option(
    "--where",
    metavar="COL=VALUE",
    multiple=True,
    shell_complete=complete_columns("conditions"),
    help="Only rows with this value; repeat a column to allow several.",
)
@click.option(
    "--order-by",
    metavar="COL,…",
    shell_complete=complete_columns("all"),
    help="Columns to sort by, `-COL` or `COL desc` for descending order; default: the dimensions.",
)
@click.option("--limit", type=click.IntRange(min=1), help="Maximum number of rows.")
@click.option("--compare", is_flag=True, help="Beside each value that of as many days right before, and the change as a share of it.")
@click.option("--other", is_flag=True, help="One more row for all rows beyond --limit or below --least.")
@click.option("--totals", is_flag=True, help="One more row for the total.")
@click.option("--least", metavar="M=N", multiple=True, help="Only rows whose metric M reaches N.")
@click.option("--as-stated", "stated", is_flag=True, help="Closed days as they were stated last, rather than as they are now.")
@click.option("--names", is_flag=True, help="Beside each dimension that has a file of names, the name of its value.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--chart", is_flag=True, help="Draw each metric: a bar a row, or over days a small line for each group.")
@click.option("--spreadsheet", is_flag=True, help="Put ' before texts that a spreadsheet would take for a formula.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file rather than to standard output.")
def query(
    rollup: str, first: date | None, last: date | None, by: str | None, metric: str | None, where: tuple[str, ...],
    order_by: str | None, limit: int | None, compare: bool, other: bool, totals: bool, least: tuple[str, ...],
    stated: bool, names: bool, form: str, as_json: bool, chart: bool, spreadsheet: bool, output: Path | None,
) -> None:  # fmt: skip
    """Read a rollup, with ratios such as CTR and CPM; a division by zero is empty.

    ads query campaign_daily --from 2026-11-01 --to 2026-11-07 --by campaign_id --order-by -cost --limit 10
    """
    form = "json" if as_json else form
    if first and last:
        check_range(first, last)
    if chart and (form != "table" or output):
        raise UsageError("--chart is for people: leave out --format and --output")
    if form == "parquet" and output is None and sys.stdout.isatty():
        raise UsageError("Parquet cannot be shown on a terminal: name a file with --output")
    extras = Extras(compare, other, totals, parse_least(least))
    with reading() as (settings, warehouse):
        available = read_availability(warehouse, [rollup])
        found = find_rollup(warehouse, settings, rollup, available.facts)
        metrics = list(found.metrics[:1]) if chart and metric is None else parse_names(metric)
        plan = plan_query(
            found, first, last, by=parse_names(by), metrics=metrics, where=parse_conditions(where),
            order_by=parse_names(order_by) or [], limit=limit, spreadsheet=spreadsheet, extras=extras,
            named=named_dimensions(warehouse) if names else (), stated=stated,
        )  # fmt: skip
        answer = run_raw(warehouse, plan, form)
    if output:
        output.write_bytes(answer if form != "table" else _as_lines(plan.columns, _rows(answer)))
    elif chart:
        draw_answer(rollup, found, plan, answer)
    elif form == "table":
        print_answer(rollup, found, plan, answer)
    elif sys.stdout.isatty():
        text = answer.decode(errors="surrogateescape")
        click.echo(visible_json(text) if form == "json" else "\n".join(map(visible, text.split("\n"))), nl=False)
    else:
        sys.stdout.buffer.write(answer)
        sys.stdout.buffer.flush()
    if days := available.left_out_between(extras.since(first, last), last):
        click.echo(left_out(days), err=True)


def print_answer(title: str, rollup: Rollup, plan: RollupQuery, answer: bytes) -> None:
    """Print an answer of the format `table`; ratios are floats, all else has every digit."""
    ratios = [index for index, column in enumerate(plan.columns) if _is_share(rollup, column)]
    rows = _rows(answer)
    for row in rows:
        for index in ratios:
            row[index] = None if row[index] is None else float(row[index])
    remedy = "name those to see with `--metric`, or see all with `--format csv`"
    print_table(title, plan.columns, rows, keys=rollup.dimensions, texts=plan.names, remedy=remedy)


def draw_answer(title: str, rollup: Rollup, plan: RollupQuery, answer: bytes) -> None:
    """Draw each metric of an answer: over the days for each group, if there are days and groups, else a bar for each row."""
    rows = _rows(answer)
    keys = [place for place, column in enumerate(plan.columns) if column in (*rollup.dimensions, PART, *plan.names)]
    names = [place for place in keys if plan.columns[place] in plan.names]
    rows = [[None if place in names and not cell else cell for place, cell in enumerate(row)] for row in rows]
    if not rows:
        echo(f"{title}: none")
    for place, column in enumerate(plan.columns):
        if place in keys or not rows:
            continue
        values = [as_number(row[place]) for row in rows]
        if _is_share(rollup, column):
            values = [None if value is None else float(value) for value in values]
        of_day = "event_date" in plan.columns and len(keys) > 1 and PART not in plan.columns
        if of_day:
            day = plan.columns.index("event_date")
            print_sparklines(f"{column} of {title}", *_over_days(rows, values, day, [key for key in keys if key != day]))
        else:
            labels = [", ".join(str(row[key]) or "(none)" for key in keys if row[key] not in (None, "row")) for row in rows]
            print_bars(f"{column} of {title}", labels, values)


def _is_share(rollup: Rollup, column: str) -> bool:
    """Whether a column is a division, which the engine makes of doubles."""
    return column in rollup.ratios or column.endswith(CHANGE)


def _over_days(rows: list[list[Any]], values: list[Any], day: int, keys: list[int]) -> tuple[list[tuple[str, list[Any]]], str, str]:
    """The values of each group on every day from the first to the last; None where it has no row."""
    found: dict[str, dict[str, Any]] = {}
    for row, value in zip(rows, values, strict=True):
        found.setdefault(", ".join(str(row[key]) or "(none)" for key in keys if row[key] is not None), {})[row[day]] = value
    first, last = date.fromisoformat(min(row[day] for row in rows)), date.fromisoformat(max(row[day] for row in rows))
    days = [str(first + timedelta(days=place)) for place in range((last - first).days + 1)]
    return [(name, [of_days.get(one) for one in days]) for name, of_days in found.items()], str(first), str(last)


def _rows(answer: bytes) -> list[list[Any]]:
    return [json.loads(line.decode(errors="surrogateescape"), parse_float=Decimal) for line in answer.splitlines()]


def _as_lines(columns: tuple[str, ...], rows: list[list[Any]]) -> bytes:
    lines = [columns, *rows]
    return "".join("\t".join("" if cell is None else visible(str(cell)) for cell in line) + "\n" for line in lines).encode()
