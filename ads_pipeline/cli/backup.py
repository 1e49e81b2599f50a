"""`ads backup`."""

from datetime import UTC, datetime

import click

from ads_pipeline.cli.common import running
from ads_pipeline.cli.tables import echo
from ads_pipeline.pipeline.backup import make_backup


@click.command()
@click.argument("name", required=False)
@click.option("--collection", default="backups", show_default=True, help="Named collection of the server, with the bucket's URL.")
def backup(name: str | None, collection: str) -> None:
    """Copy the database of a server into a bucket, between two runs; prints the backup's name.

    NAME is by default the time. docs/deploy.md says how to restore.
    """
    name = name or f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    with running() as (_, run):
        make_backup(run, name, collection)
    echo(name)
