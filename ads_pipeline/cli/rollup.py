"""`ads rollup`."""

import click

from ads_pipeline.cli.common import json_option, print_list, settings
from ads_pipeline.cli.examples import run_examples
from ads_pipeline.cli.tables import echo
from ads_pipeline.pipeline.making import drop_rollup
from ads_pipeline.pipeline.status import list_rollups
from ads_pipeline.warehouse.opening import open_warehouse

SHOWN = ("rollup", "state", "first_day", "last_day", "reason")


@click.group()
def rollup() -> None:
    """List rollups, test them by their examples, drop one."""


@rollup.command(name="list")
@json_option
def show_rollups(as_json: bool) -> None:
    """List rollups: the state of each, the event days that it has, and what is wrong with it."""
    loaded = settings()
    with open_warehouse(loaded) as warehouse:
        rows = list_rollups(warehouse, loaded)
    print_list("rollups", SHOWN, rows, as_json, keys=("rollup", "state"), texts=("reason",))


@rollup.command()
@click.argument("name")
def drop(name: str) -> None:
    """Drop a rollup and all its days, for good; refused while its SQL file exists."""
    loaded = settings()
    with open_warehouse(loaded, write=True) as warehouse:
        drop_rollup(warehouse, loaded, name)
    echo(f"rollup {name} dropped")


@rollup.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
def test(names: tuple[str, ...]) -> None:
    """Run the examples beside the SQL files of rollups (all, or these), on a database of their own."""
    run_examples("rollup", names)
