"""`ads backfill`."""

from datetime import date
from typing import Any

import click

from ads_pipeline.cli.common import check_range, json_option, print_json, range_options, running
from ads_pipeline.cli.tables import echo, print_table
from ads_pipeline.pipeline.backfill import accept_days, plan_backfill, preview
from ads_pipeline.pipeline.backfill import backfill as run_backfill
from ads_pipeline.pipeline.rollups import find_rollup


@click.command()
@click.argument("rollups", nargs=-1, metavar="[ROLLUP]...")
@range_options
@click.option("--plan", is_flag=True, help="Show the present and the new totals of each day, and change nothing.")
@click.option("--as-is", is_flag=True, help="Accept the rollups of unsettled days whose raw rows have expired as they are.")
@json_option
def backfill(rollups: tuple[str, ...], first: date, last: date, plan: bool, as_is: bool, as_json: bool) -> None:
    """Rebuild days of rollups (default: all) from raw events.

    If raw rows of a day have begun to expire, this is refused and nothing changes. Running it again gives the same result. A day that was
    unsettled when it expired can no longer be rebuilt: check it, then accept it with --as-is, and readers see it again.
    """
    check_range(first, last)
    if as_is and (plan or rollups):
        raise click.UsageError("--as-is takes --from and --to only")
    with running() as (_, run):
        chosen = [find_rollup(run.warehouse, run.settings, name) for name in rollups] or run.rollups
        if as_is:
            days = accept_days(run, first, last)
        else:
            planned = plan_backfill(run, chosen, first, last)
            rows, days = (preview(run.warehouse, planned), []) if plan else ([], run_backfill(run, planned))
    if plan and as_json:
        print_json(rows)
    elif plan:
        columns = ("rollup", "event_date", "metric", "present", "new")
        print_table("plan", columns, [change for row in rows for change in _changes(row)], keys=columns)
    elif as_json:
        print_json({"rollups": [rollup.name for rollup in chosen], "event_days": days})
    else:
        echo(f"{'accepted' if as_is else 'rebuilt'} {len(days)} days of {', '.join(rollup.name for rollup in chosen)}")


def _changes(row: dict[str, Any]) -> list[tuple[Any, ...]]:
    """A table's row for each metric of a rollup day that would change."""
    day = row["rollup"], row["event_date"]
    changed = [name for name in row if f"new_{name}" in row and row[name] != row[f"new_{name}"]]
    return [(*day, name, row[name], row[f"new_{name}"]) for name in changed] or [(*day, "no change", None, None)]
