"""`ads retention`."""

import click

from ads_pipeline.cli.common import json_option, print_json, running
from ads_pipeline.cli.tables import echo
from ads_pipeline.pipeline.quarantine import empty_old_lines
from ads_pipeline.pipeline.retention import enforce_retention


@click.command()
@click.option("--dry-run", is_flag=True, help="Show the days that would go, and drop nothing.")
@json_option
def retention(dry_run: bool, as_json: bool) -> None:
    """Drop raw event days that are past retention, and lines that have been in quarantine for long. Rollups stay."""
    with running() as (_, run):
        days = enforce_retention(run.warehouse, run.settings, dry_run=dry_run)
        if not dry_run:
            empty_old_lines(run.warehouse, run.settings.quarantine_days)
    if as_json:
        print_json(days)
        return
    for day in days:
        echo(f"{'would drop' if dry_run else 'dropped'} {day['event_date']}: {day['rows']} raw rows")
    if not days:
        echo("no raw day is past retention")
