"""`ads restore`."""

import click

from ads_pipeline.cli.backup import PLACE
from ads_pipeline.cli.common import settings
from ads_pipeline.cli.tables import echo
from ads_pipeline.pipeline.backup import restore_backup


@click.command()
@click.argument("name")
@click.option("--from", "place", default="", metavar="PLACE", help=PLACE)
@click.confirmation_option(prompt="This replaces the database by that of the backup. Go on?")
def restore(name: str, place: str) -> None:
    """Replace the database by that of a backup; `ads ingest` then loads what has landed since.

    Stop what starts runs before.
    """
    restore_backup(settings(), name, place)
    echo(f"restored {name}; the next ingest loads what has landed since")
