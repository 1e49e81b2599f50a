"""`ads backfill`."""

from datetime import date
from typing import Any

import click

from ads_pipeline.cli.common import check_range, json_option, opened, print_json, print_table, range_options
from ads_pipeline.pipeline.rebuild import backfill as run_backfill
from ads_pipeline.pipeline.rebuild import plan_backfill
from ads_pipeline.pipeline.rollups import all_rollups, find_rollup


@click.command()
@click.argument("rollups", nargs=-1, metavar="[ROLLUP]...")
@range_options
@click.option("--plan", is_flag=True, help="Show each day's present and new totals, and swap nothing.")
@json_option
def backfill(rollups: tuple[str, ...], first: date, last: date, plan: bool, as_json: bool) -> None:
    """Rebuild days of rollups (default: all) from raw events.

    Refused, with nothing changed, when raw rows of a day have begun to expire. Run again: same result.
    """
    check_range(first, last)
    with opened(write=True) as (_, warehouse):
        chosen = [find_rollup(warehouse, name) for name in rollups] or all_rollups(warehouse)
        if plan:
            rows = plan_backfill(warehouse, chosen, first, last)
        else:
            days = run_backfill(warehouse, chosen, first, last)
    if plan and as_json:
        print_json(rows)
    elif plan:
        print_table(
            "plan", ("rollup", "event_date", "present → new"), [(row["rollup"], str(row["event_date"]), _change(row)) for row in rows]
        )
    elif as_json:
        print_json({"rollups": [rollup.name for rollup in chosen], "event_days": days})
    else:
        click.echo(f"rebuilt {len(days)} days of {', '.join(rollup.name for rollup in chosen)}")


def _change(row: dict[str, Any]) -> str:
    changed = [name for name in row if f"new_{name}" in row and row[name] != row[f"new_{name}"]]
    return ", ".join(f"{name} {row[name]} → {row[f'new_{name}']}" for name in changed) or "no change"
