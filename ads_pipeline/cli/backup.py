"""`ads backup`."""

from datetime import UTC, datetime

import click

from ads_pipeline.cli.common import settings
from ads_pipeline.cli.tables import echo
from ads_pipeline.pipeline.backup import make_backup

PLACE = "A folder (of the server, if there is one), or a named collection of the server; by default backups."


@click.command()
@click.argument("name", required=False)
@click.option("--to", "place", default="", metavar="PLACE", help=PLACE)
def backup(name: str | None, place: str) -> None:
    """Copy the database between two runs, into a folder or a bucket; prints the backup's name.

    NAME is by default the time. What has landed is not part of it.
    """
    name = name or f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    make_backup(settings(), name, place)
    echo(name)
