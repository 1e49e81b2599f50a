"""`ads quarantine`."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeVar

import click

from ads_pipeline.cli.common import json_option, print_json, reading, running
from ads_pipeline.cli.tables import echo, print_fields, print_table
from ads_pipeline.pipeline.quarantine import Selection, list_lines
from ads_pipeline.pipeline.quarantine import discard as run_discard
from ads_pipeline.pipeline.quarantine import replay as run_replay

SHOWN = ("id", "drop", "source", "line_number", "record", "reasons", "line", "quarantined_at")

F = TypeVar("F", bound=Callable[..., Any])


def selection_options(command: F) -> F:
    """Add ids, `--drop`, `--reason` and `--all`."""
    command = click.option("--all", "every", is_flag=True, help="All lines.")(command)
    command = click.option("--reason", default="", help="Lines with this reason, for example `invalid:cost`.")(command)
    command = click.option("--drop", "drops", multiple=True, help="Lines of this drop.")(command)
    return click.argument("ids", nargs=-1, metavar="[ID]...")(command)


def _selection(ids: tuple[str, ...], drops: tuple[str, ...], reason: str, every: bool) -> Selection:
    if every == bool(ids or drops or reason):
        raise click.UsageError("name ids, --drop or --reason, or use --all")
    return Selection(ids, drops, reason)


@click.group()
def quarantine() -> None:
    """Show refused lines; replay or discard them."""


@quarantine.command(name="list")
@click.option("--drop", "drops", multiple=True, help="Only lines of this drop.")
@click.option("--reason", default="", help="Only lines with this reason.")
@click.option("--limit", type=click.IntRange(min=1), help="Maximum number of lines.")
@json_option
def list_held(drops: tuple[str, ...], reason: str, limit: int | None, as_json: bool) -> None:
    """List the lines in quarantine, newest first."""
    with reading() as (_, warehouse):
        rows = list_lines(warehouse, Selection((), drops, reason), limit or 0)
    shown = [{column: row[column] for column in SHOWN} for row in rows]
    if as_json:
        print_json(shown)
    else:
        cells = [[row["id"], row["drop"], ", ".join(row["reasons"]), row["line"]] for row in shown]
        columns = ("id", "drop", "reasons", "line")
        print_table("quarantine", columns, cells, keys=("id",), texts=columns[1:])


@quarantine.command()
@click.argument("line_id", metavar="ID")
@json_option
def show(line_id: str, as_json: bool) -> None:
    """Show one line in full."""
    with reading() as (_, warehouse):
        row = list_lines(warehouse, Selection((line_id,)))[0]
    if as_json:
        print_json(row)
    else:
        print_fields(line_id, row)


@quarantine.command()
@selection_options
@json_option
def replay(ids: tuple[str, ...], drops: tuple[str, ...], reason: str, every: bool, as_json: bool) -> None:
    """Judge refused records again; those that are now valid are loaded and leave quarantine. Running it again changes nothing."""
    with running() as (_, run):
        counts = run_replay(run, _selection(ids, drops, reason, every))
    if as_json:
        print_json(asdict(counts) | {"records": counts.records})
    else:
        loaded, ignored = counts.records - counts.quarantined, f", {counts.ignored} ignored" if counts.ignored else ""
        echo(f"{counts.records + counts.ignored} records replayed: {loaded} loaded{ignored}, {counts.quarantined} still refused")


@quarantine.command()
@selection_options
def discard(ids: tuple[str, ...], drops: tuple[str, ...], reason: str, every: bool) -> None:
    """Delete records; they still count as quarantined."""
    with running() as (_, run):
        count = run_discard(run.warehouse, _selection(ids, drops, reason, every))
    echo(f"{count} records discarded")
