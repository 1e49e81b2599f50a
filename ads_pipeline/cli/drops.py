"""`ads drops`."""

import click

from ads_pipeline.cli.common import json_option, opened, print_json
from ads_pipeline.cli.tables import echo, print_fields, print_table
from ads_pipeline.pipeline.ledger import read_ledger
from ads_pipeline.pipeline.ledger import retry as run_retry

SHOWN = ("drop", "source", "status", "landed_day", "size", "lines", "accepted", "duplicates", "corrections", "quarantined", "error")


@click.group()
def drops() -> None:
    """Look at the ledger of drops, and let failed ones be tried again."""


@drops.command(name="list")
@click.option("--status", type=click.Choice(["pending", "loading", "loaded", "failed"]), help="Only drops of this status.")
@click.option("--source", default="", help="Only drops of this source.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many drops.")
@json_option
def list_drops(status: str | None, source: str, limit: int | None, as_json: bool) -> None:
    """List drops in the order of receipt."""
    with opened() as (_, warehouse):
        rows = read_ledger(warehouse, status=status or "", source=source, limit=limit or 0)
    shown = [{column: row[column] for column in SHOWN} for row in rows]
    if as_json:
        print_json(shown)
    else:
        cells = [list(row.values()) for row in shown]
        remedy = "`ads drops show NAME` shows all of one, `--json` all of all"
        print_table("drops", SHOWN, cells, keys=("drop", "status"), texts=("error",), remedy=remedy)


@drops.command()
@click.argument("name")
@json_option
def show(name: str, as_json: bool) -> None:
    """Show one drop, with everything that the ledger has of it."""
    with opened() as (_, warehouse):
        row = read_ledger(warehouse, drops=[name])[0]
    if as_json:
        print_json(row)
    else:
        print_fields(name, row)


@drops.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--all", "every", is_flag=True, help="All failed drops.")
def retry(names: tuple[str, ...], every: bool) -> None:
    """Let the next `ads ingest` load failed drops again."""
    if bool(names) == every:
        raise click.UsageError("name drops, or say --all")
    with opened(write=True) as (_, warehouse):
        retried = run_retry(warehouse, names)
    echo(f"{len(retried)} drops are pending; `ads ingest` loads them")
