"""`ads source`."""

import logging
from pathlib import Path

import click

from ads_pipeline.cli.common import json_option, print_json, print_list, settings
from ads_pipeline.cli.drafts import print_draft
from ads_pipeline.cli.examples import run_examples
from ads_pipeline.cli.previews import print_preview
from ads_pipeline.pipeline.drafts import draft_source
from ads_pipeline.pipeline.examples import find_examples
from ads_pipeline.pipeline.preview import preview as run_preview
from ads_pipeline.pipeline.sources import source_files

SHOWN = ("source", "examples", "text")


@click.group()
def source() -> None:
    """List sources, draft one from a file, preview and test what they read."""


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
    print_list("sources", SHOWN, rows, as_json, keys=("source",), texts=("text",))


@source.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
def test(names: tuple[str, ...]) -> None:
    """Run the examples beside the SQL files of sources (all, or these), on a database of their own."""
    run_examples("source", names)


@source.command()
@click.argument("name")
@click.option("--from", "file", type=click.Path(path_type=Path), required=True, help="A file that the source is to read.")
def new(name: str, file: Path) -> None:
    """Draft a source from a file: say what its head shows, and write NAME.sql into the folder of ADS_SQL_DIR.

    The draft runs as it is; `-- TODO` marks what could not be decided. A file that exists is never changed.
    """
    loaded = settings()
    print_draft(draft_source(loaded, name, file), name, loaded)


@source.command()
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--limit", type=click.IntRange(min=1), default=10, show_default=True, help="How many of the first lines are shown.")
@json_option
def preview(name: str, file: Path, limit: int, as_json: bool) -> None:
    """Show what a source makes of a file: its first lines, each with its event or its reasons, and totals of the whole file.

    Reads the file as `ads ingest` would, with a database of its own: nothing is loaded. Exit code 0 also where lines are refused.
    """
    loaded = settings()
    logging.getLogger("ads_pipeline").setLevel(logging.ERROR)  # of the database that is made for this
    found = run_preview(loaded, name, file, limit)
    if as_json:
        print_json(found.as_dict())
    else:
        print_preview(found, loaded)
