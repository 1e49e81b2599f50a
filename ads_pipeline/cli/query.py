"""`ads query`."""

import json
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from ads_pipeline.cli.common import DAY, check_range, reading
from ads_pipeline.cli.tables import print_table
from ads_pipeline.errors import UsageError
from ads_pipeline.pipeline.availability import left_out, read_availability
from ads_pipeline.pipeline.breakdown import CHANGE, Extras, parse_least
from ads_pipeline.pipeline.query import RollupQuery, parse_conditions, parse_names, plan_query, run_raw
from ads_pipeline.pipeline.rollups import Rollup, find_rollup
from ads_pipeline.text import visible, visible_json

FORMATS = ("table", "csv", "json", "parquet")


@click.command()
@click.argument("rollup")
@click.option("--from", "first", type=DAY, help="First event day; default: all days.")
@click.option("--to", "last", type=DAY, help="Last event day, included.")
@click.option("--by", metavar="COL,…", help="Dimensions to group by; default: all.")
@click.option("--metric", metavar="M,…", help="Metrics and ratios to show; default: all.")
@click.option("--where", metavar="COL=VALUE", multiple=True, help="Only rows with this value; repeat a column to allow several.")
@click.option("--order-by", metavar="COL,…", help="Columns to sort by, `-COL` or `COL desc` for descending order; default: the dimensions.")
@click.option("--limit", type=click.IntRange(min=1), help="Maximum number of rows.")
@click.option("--compare", is_flag=True, help="Beside each value that of as many days right before, and the change as a share of it.")
@click.option("--other", is_flag=True, help="One more row for all rows beyond --limit or below --least.")
@click.option("--totals", is_flag=True, help="One more row for the total.")
@click.option("--least", metavar="M=N", multiple=True, help="Only rows whose metric M reaches N.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--spreadsheet", is_flag=True, help="Put ' before texts that a spreadsheet would take for a formula.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file rather than to standard output.")
def query(
    rollup: str, first: date | None, last: date | None, by: str | None, metric: str | None, where: tuple[str, ...],
    order_by: str | None, limit: int | None, compare: bool, other: bool, totals: bool, least: tuple[str, ...],
    form: str, as_json: bool, spreadsheet: bool, output: Path | None,
) -> None:  # fmt: skip
    """Read a rollup, with ratios such as CTR and CPM; a division by zero is empty.

    ads query campaign_daily --from 2026-11-01 --to 2026-11-07 --by campaign_id --order-by -cost --limit 10
    """
    form = "json" if as_json else form
    if first and last:
        check_range(first, last)
    if form == "parquet" and output is None and sys.stdout.isatty():
        raise UsageError("Parquet cannot be shown on a terminal: name a file with --output")
    extras = Extras(compare, other, totals, parse_least(least))
    with reading() as (settings, warehouse):
        available = read_availability(warehouse, [rollup])
        found = find_rollup(warehouse, settings, rollup, available.facts)
        plan = plan_query(
            found, first, last, by=parse_names(by), metrics=parse_names(metric), where=parse_conditions(where),
            order_by=parse_names(order_by) or [], limit=limit, spreadsheet=spreadsheet, extras=extras,
        )  # fmt: skip
        answer = run_raw(warehouse, plan, form)
    if output:
        output.write_bytes(answer if form != "table" else _as_lines(plan.columns, _rows(answer)))
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
    ratios = [index for index, column in enumerate(plan.columns) if column in rollup.ratios or column.endswith(CHANGE)]
    rows = _rows(answer)
    for row in rows:
        for index in ratios:
            row[index] = None if row[index] is None else float(row[index])
    remedy = "name those to see with `--metric`, or see all with `--format csv`"
    print_table(title, plan.columns, rows, keys=rollup.dimensions, remedy=remedy)


def _rows(answer: bytes) -> list[list[Any]]:
    return [json.loads(line.decode(errors="surrogateescape"), parse_float=Decimal) for line in answer.splitlines()]


def _as_lines(columns: tuple[str, ...], rows: list[list[Any]]) -> bytes:
    lines = [columns, *rows]
    return "".join("\t".join("" if cell is None else visible(str(cell)) for cell in line) + "\n" for line in lines).encode()
