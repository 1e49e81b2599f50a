"""What `ads source new` prints: what was found, what is to be decided, and the next commands."""

import shlex
import textwrap
from itertools import islice
from pathlib import Path

import click

from ads_pipeline.cli.tables import echo, print_table, shown, terminal_width
from ads_pipeline.pipeline.drafts import Draft, Head, name_of
from ads_pipeline.pipeline.drafts.heads import TABLES
from ads_pipeline.settings import Settings
from ads_pipeline.text import visible

DELIMITERS = {",": ", commas", ";": ", semicolons", "\t": ", tabs", "|": ", bars", "\x01": ", control characters (0x01)"}
COMPRESSIONS = {"": "", "gz": ", gzip", "zst": ", Zstandard", "bz2": ", bzip2", "xz": ", xz"}
FORMATS = TABLES | {"csv": "delimited text", "tsv": "delimited text", "ndjson": "NDJSON"}

SAMPLES = 3
"""Values of a column that are shown."""


def print_draft(draft: Draft, name: str, settings: Settings) -> None:
    """Print a draft for people."""
    head = draft.head
    form = f"{FORMATS[head.format.name]}{DELIMITERS.get(head.delimiter, '')}{COMPRESSIONS[head.format.compression]}"
    echo(f"{head.file}: {form}; lines looked at: {len(head.rows)}")
    echo()
    rows = [
        (name_of(column), ", ".join(one.field for one in draft.guesses if column in one.columns), _samples(head, column))
        for column in head.known_columns
    ]
    print_table("", ("column", "field", "values"), rows, keys=("column",), texts=("values",))
    if hidden := len(head.columns) - len(head.known_columns):
        echo(f"… and {hidden} columns without a name or a value")
    for one in draft.guesses:
        if one.form:
            echo()
            echo(f"{one.field} is made of {one.form}")
    if draft.notes:
        echo()
        echo("to be decided, marked by TODO in the draft:")
        for note in draft.notes:
            click.echo(_wrapped(f"- {note}"))
    echo()
    echo(f"{draft.path} is written. Next:")
    for command in _next(head, name, settings):
        echo(f"    {command}")


def _wrapped(text: str) -> str:
    width = terminal_width()
    lines = textwrap.wrap(visible(text), width, subsequent_indent="  ") if width else [visible(text)]
    return "\n".join(lines)


def _samples(head: Head, column: tuple[str, ...]) -> str:
    return ", ".join(islice(dict.fromkeys(shown(value, plain=True)[:40] for value in head.values(column)), SAMPLES))


def _next(head: Head, name: str, settings: Settings) -> list[str]:
    """The commands that people run then."""
    file, commands = head.file, []
    if not head.can_land:
        packed = f".{head.format.compression}" if head.format.compression else ""
        file = Path(f"{head.file.name.split('.')[0]}.csv{packed}")
        commands.append(f"cp {shlex.quote(str(head.file))} {shlex.quote(str(file))}")
    commands.append(f"ads source preview {name} {shlex.quote(str(file))}")
    if "://" not in settings.landing:
        folder = shlex.quote(str(Path(settings.landing) / name))
        commands.append(f"mkdir -p {folder} && cp {shlex.quote(str(file))} {folder}/")
    return [*commands, "ads ingest"]
