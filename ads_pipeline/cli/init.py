"""`ads init`."""

from dataclasses import asdict

import click

from ads_pipeline.cli.common import json_option, print_json, settings
from ads_pipeline.landing import open_store
from ads_pipeline.pipeline.schema import apply_changes, plan_changes
from ads_pipeline.warehouse.opening import open_warehouse


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@json_option
def init(dry_run: bool, as_json: bool) -> None:
    """Create the database, or bring it in line with settings and SQL files.

    Applies migrations, a changed retention, and new or changed rollups. Run again: no change.
    """
    loaded = settings()
    with open_warehouse(loaded, write=not dry_run) as warehouse:
        changes = plan_changes(warehouse) if dry_run else apply_changes(warehouse)
    if not dry_run:
        open_store(loaded).check()
    if as_json:
        print_json([asdict(change) for change in changes])
        return
    for change in changes:
        click.echo(f"{'would ' if dry_run else ''}{change.text}")
    if not changes:
        click.echo("nothing to change")
