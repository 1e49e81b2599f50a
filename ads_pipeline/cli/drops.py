"""`ads drops`."""

from typing import get_args

import click

from ads_pipeline.cli.common import json_option, print_json, print_list, reading, running
from ads_pipeline.cli.tables import echo, print_fields
from ads_pipeline.landing import open_store
from ads_pipeline.pipeline.forget import forget as run_forget
from ads_pipeline.pipeline.ledger import Status, ask_for_ingest, read_ledger
from ads_pipeline.pipeline.ledger import dismiss as run_dismiss
from ads_pipeline.pipeline.ledger import retry as run_retry

SHOWN = (
    "drop", "source", "status", "landed_day", "size", "lines", "records", "ignored",
    "accepted", "duplicates", "corrections", "quarantined", "error", "hint",
)  # fmt: skip


@click.group()
def drops() -> None:
    """Show the ledger of drops; retry or dismiss failed drops; forget what drops brought."""


@drops.command(name="list")
@click.option("--status", type=click.Choice(get_args(Status)), help="Only drops of this status.")
@click.option("--source", default="", help="Only drops of this source.")
@click.option("--limit", type=click.IntRange(min=1), help="Maximum number of drops.")
@json_option
def list_drops(status: str | None, source: str, limit: int | None, as_json: bool) -> None:
    """List drops in the order of receipt."""
    with reading() as (_, warehouse):
        rows = read_ledger(warehouse, status=status or "", source=source, limit=limit or 0)
    shown = [{column: row[column] for column in (*SHOWN, "ignored_reasons")} for row in rows]
    remedy = "`ads drops show NAME` shows one in full, `--json` all of them"
    print_list("drops", SHOWN, shown, as_json, keys=("drop", "status"), texts=("error", "hint"), remedy=remedy)


@drops.command()
@click.argument("name")
@json_option
def show(name: str, as_json: bool) -> None:
    """Show all that the ledger knows of one drop."""
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
    """Let the next `ads ingest` load failed drops again; a Dagster that shares `ADS_HOME` runs it within a minute."""
    if bool(names) == every:
        raise click.UsageError("name drops, or use --all")
    with running() as (_, run):
        retried = run_retry(run.warehouse, names)
        ask_for_ingest(run.settings)
    echo(f"{len(retried)} drops are pending; `ads ingest` loads them")


@drops.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--all", "every", is_flag=True, help="All failed drops.")
def dismiss(names: tuple[str, ...], every: bool) -> None:
    """Dismiss failed drops, for example those whose file is gone.

    They stay in the ledger, but no check fails because of them. If the content of one changes, it is loaded.
    """
    if bool(names) == every:
        raise click.UsageError("name drops, or use --all")
    with running() as (_, run):
        dismissed = run_dismiss(run.warehouse, names)
    echo(f"{len(dismissed)} drops dismissed")


@drops.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
def forget(names: tuple[str, ...]) -> None:
    """Take back what drops brought, as if they had never landed.

    Removes their events from raw and rollups, and their lines from quarantine; other drops that have some of these events are loaded
    again. The drops themselves are loaded again only if their content changes, or by `ads reload`. If events of theirs have expired,
    this is refused and nothing changes. Running it again changes nothing.
    """
    with running() as (settings, run):
        days = run_forget(run, open_store(settings), names)
    echo(f"{len(names)} drops forgotten, {len(days)} days rebuilt")
