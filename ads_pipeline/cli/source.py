"""`ads source`."""

import click

from ads_pipeline.cli.common import json_option, print_json, settings
from ads_pipeline.cli.examples import run_examples
from ads_pipeline.cli.tables import print_table
from ads_pipeline.pipeline.examples import find_examples
from ads_pipeline.pipeline.sources import source_files

SHOWN = ("source", "examples", "text")


@click.group()
def source() -> None:
    """List sources, and test them by their examples."""


@source.command(name="list")
@json_option
def show_sources(as_json: bool) -> None:
    """List sources: how many examples each has, and what its file says that it reads."""
    loaded = settings()
    counts = [example.name for example in find_examples(loaded, "source")]
    rows = [
        {"source": name, "examples": counts.count(name), "text": sql.heading.partition("source: ")[2].partition("\n")[0]}
        for name, sql in source_files(loaded).items()
    ]
    if as_json:
        print_json(rows)
    else:
        print_table("sources", SHOWN, [[row[column] for column in SHOWN] for row in rows], keys=("source",), texts=("text",))


@source.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
def test(names: tuple[str, ...]) -> None:
    """Run the examples beside the SQL files of sources (all, or these), on a database of their own."""
    run_examples("source", names)
