"""`ads init`."""

import click

from ads_pipeline.cli.common import json_option, print_json, settings
from ads_pipeline.cli.tables import echo
from ads_pipeline.landing import open_store
from ads_pipeline.pipeline.changes import Change, plan_changes
from ads_pipeline.pipeline.roles import make_roles
from ads_pipeline.pipeline.run import RefusedError, apply_changes
from ads_pipeline.pipeline.standing import Standing, orphans
from ads_pipeline.warehouse.opening import open_warehouse


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--users", is_flag=True, help="Create the roles of a server too: to migrate, to write, to read.")
@json_option
def init(dry_run: bool, users: bool, as_json: bool) -> None:
    """Create the database, or update it to the settings and SQL files.

    Applies migrations, a changed retention, and new, changed or unfinished rollups. Running it again changes nothing. A rollup whose
    SELECT cannot be used is set apart: everything else is done, and the exit code is 2. With --users, readers get access to all
    present rollups: run it again after you add one.
    """
    loaded = settings()
    if users and (dry_run or loaded.is_embedded):
        raise click.UsageError("--users is for a ClickHouse server, and goes without --dry-run")
    refused = None
    with open_warehouse(loaded, write=not dry_run) as warehouse:
        try:
            changes = plan_changes(warehouse, loaded) if dry_run else apply_changes(warehouse, loaded)
        except RefusedError as error:
            changes, refused = error.done, error
        roles = make_roles(warehouse, loaded) if users else {}
        without_file = orphans(warehouse, loaded)
    if not dry_run:
        open_store(loaded).check()
    if as_json:
        print_json([{"kind": change.kind, "name": change.name, "text": change.text, "safe": change.safe} for change in changes])
    else:
        _print(changes, roles, without_file, dry_run=dry_run)
    if refused:
        raise refused


def _print(changes: list[Change], roles: dict[str, str], without_file: dict[str, Standing], *, dry_run: bool) -> None:
    for change in changes:
        echo(f"{'would ' if dry_run else ''}{change.text}")
    for role, text in roles.items():
        echo(f"role {role} for {text}")
    if not changes and not roles:
        echo("nothing to change")
    for name, standing in without_file.items():
        echo(f"rollup {name}: {standing.reason}")
