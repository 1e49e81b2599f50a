"""Write the draft of a source from what was guessed of a file."""

import json
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ads_pipeline.errors import SettingsError, UsageError
from ads_pipeline.landing import ENDINGS
from ads_pipeline.pipeline.drafts.columns import name_of, plain_name
from ads_pipeline.pipeline.drafts.guesses import Guess, counts_in, guess, parts_thousands_by_points
from ads_pipeline.pipeline.drafts.heads import Head, look
from ads_pipeline.pipeline.drafts.names import EXPORTS
from ads_pipeline.pipeline.sources import source_files
from ads_pipeline.settings import Settings
from ads_pipeline.text import visible
from ads_pipeline.warehouse.statements import shipped_folder


@dataclass(frozen=True, slots=True)
class Draft:
    """A source that was drafted: `path` is its file, `notes` what a person has to decide."""

    head: Head
    guesses: Sequence[Guess]
    path: Path
    notes: Sequence[str]


def draft_source(settings: Settings, name: str, file: Path) -> Draft:
    """Look at a file, and write the draft of a source for such files into `ADS_SQL_DIR`.

    Raises:
        SettingsError: `ADS_SQL_DIR` is not set, or cannot be written to.
        UsageError: a source cannot have this name, or there is one.
        DropError: the file cannot be read, or has no lines with columns.
    """
    path = _place(settings, name)
    head = look(file)
    guesses = guess(head, settings.event_types)
    notes = _notes(head)
    text = _written(name, head, guesses, notes)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as created:
            created.write(text)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written ({error.strerror}): let ADS_SQL_DIR name a folder of this user") from None
    return Draft(head, guesses, path, [*notes, *(f"{one.field}: {one.todo}" for one in guesses if one.todo)])


def _place(settings: Settings, name: str) -> Path:
    """The file of a new source."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,63}", name):
        raise UsageError(f"{name!r} cannot be the name of a source: it takes up to 64 letters, digits, - and _, a letter first")
    if not settings.sql_dir:
        raise SettingsError("ADS_SQL_DIR is not set, so a draft has no place: make a folder, and let it be named there: ADS_SQL_DIR=sql")
    path = settings.sql_dir / "sources" / f"{name}.sql"
    if path.exists():
        raise UsageError(f"{path} exists and stays as it is: choose another name, or remove it")
    if name in source_files(settings):
        raise UsageError(f"source {name} is shipped, and a file of yours would replace it: choose another name")
    return path


def _notes(head: Head) -> list[str]:
    """What a person has to know of the file as a whole."""
    notes = []
    if known := _export(head):
        notes.append(f"its columns are those of a known export: source {known} is shipped; land it under {known}/, and no draft is needed")
    if not head.can_land:
        notes.append(f"a drop's name ends in {ENDINGS}, and not in {head.file.suffix}: let such files land under a name that ends in .csv")
    if "header" in head.options:
        notes.append('its first line holds values: columns are called by their places, unless `columns = ["at", …]` below names them')
    if (encoding := head.options.get("encoding", "utf-16")) in ("windows-1252", "latin-1"):
        notes.append(f"it is not UTF-8, and read as {encoding}: see whether letters beyond A to Z are right")
    if counts := [name_of(column) for column in counts_in(head) if column]:
        notes.append(f"its lines are sums ({', '.join(counts)}): each line becomes an event for each count that is not 0, of that quantity")
    lists = [name_of(column) for column in head.columns if any(isinstance(value, list) for value in head.values(column))]
    if lists:
        notes.append(f"{', '.join(lists)}: holds a list, but a line becomes one event here")
    return notes


def _export(head: Head) -> str:
    """The shipped source of such files; empty if none is known."""
    names = {plain_name(column[:depth]) for column in head.columns for depth in (1, 2)}
    return next((name for name, known in EXPORTS.items() if any(columns <= names for columns in known)), "")


def _written(name: str, head: Head, guesses: Sequence[Guess], notes: Sequence[str]) -> str:
    template = _TEMPLATES.get_template("source.sql.jinja")
    counts = counts_in(head)
    used = {column for one in guesses for column in one.columns} | {column for column in counts if column}
    others = [column for column in head.known_columns if column not in used]
    return template.render(
        name=name,
        file=head.file.name,
        rows=len(head.rows),
        notes=notes,
        guesses=guesses,
        others=others,
        counts=counts,
        points=parts_thousands_by_points(head),
        head_lines=_head_lines(head),
    )


def _head_lines(head: Head) -> list[str]:
    """What the source has to say of its drops: see `source_heads`."""
    options = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in head.options.items()]
    return [f"format: {', '.join(options)}"] if options else []


def _comment(text: str, indent: str = "") -> str:
    """Text as the lines of a comment."""
    return f"\n{indent}-- ".join(textwrap.wrap(visible(text), 120))


def _quoted(text: str) -> str:
    """A string of SQL."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + "".join(letter if letter.isprintable() else _coded(letter) for letter in escaped) + "'"


def _coded(letter: str) -> str:
    r"""A character that is not seen, by the bytes of its UTF-8: `\x0a`."""
    return "".join(f"\\x{byte:02x}" for byte in letter.encode())


_TEMPLATES = Environment(
    loader=FileSystemLoader(shipped_folder() / "drafts"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701 (this is no HTML)
)
_TEMPLATES.filters |= {"quoted": _quoted, "comment": _comment}
