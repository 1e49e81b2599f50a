"""`ads drops`."""

from typing import get_args

import click

from ads_pipeline.cli.common import json_option, print_json, reading, running
from ads_pipeline.cli.tables import echo, print_fields, print_table
from ads_pipeline.landing import open_store
from ads_pipeline.pipeline.forget import forget as run_forget
from ads_pipeline.pipeline.ledger import Status, read_ledger
from ads_pipeline.pipeline.ledger import dismiss as run_dismiss
from ads_pipeline.pipeline.ledger import retry as run_retry

SHOWN = ("drop", "source", "status", "landed_day", "size", "lines", "accepted", "duplicates", "corrections", "quarantined", "error")


@click.group()
def drops() -> None:
    """Look at the ledger of drops; try failed ones again or give them up; take back what drops brought."""


@drops.command(name="list")
@click.option("--status", type=click.Choice(get_args(Status)), help="Only drops of this status.")
@click.option("--source", default="", help="Only drops of this source.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many drops.")
@json_option
def list_drops(status: str | None, source: str, limit: int | None, as_json: bool) -> None:
    """List drops in the order of receipt."""
    with reading() as (_, warehouse):
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
    with reading() as (_, warehouse):
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
    with running() as (_, run):
        retried = run_retry(run.warehouse, names)
    echo(f"{len(retried)} drops are pending; `ads ingest` loads them")


@drops.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--all", "every", is_flag=True, help="All failed drops.")
def dismiss(names: tuple[str, ...], every: bool) -> None:
    """Give failed drops up, for example those whose file is gone.

    They stay in the ledger and fail no check. One whose content changes is loaded.
    """
    if bool(names) == every:
        raise click.UsageError("name drops, or say --all")
    with running() as (_, run):
        dismissed = run_dismiss(run.warehouse, names)
    echo(f"{len(dismissed)} drops dismissed")


@drops.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
def forget(names: tuple[str, ...]) -> None:
    """Take back what drops brought, as if they had never landed.

    Their events leave raw and rollups, their lines quarantine. Drops that share events with them are loaded again. They are not loaded
    again themselves, unless their content changes or `ads reload` asks for it. Refused, with nothing changed, when events of theirs have
    expired. Run again: no change.
    """
    with running() as (settings, run):
        days = run_forget(run, open_store(settings), names)
    echo(f"{len(names)} drops forgotten, {len(days)} days rebuilt")
