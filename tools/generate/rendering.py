"""Jinja2 templates of generated files."""

import re
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

LINE_LENGTH = 140

_SPACE = "\0"  # one that no line is broken at


def render(template: str, **values: Any) -> str:
    """The text of a template with its values."""
    return _ENVIRONMENT.get_template(template).render(values)


def wrapped(items: Iterable[str], start: int, indent: int, separator: str = ", ") -> str:
    """Items with separators between them, in lines that are broken only between items, at the separator's first space.

    Args:
        items: texts of any kind.
        start: the column where the first line begins.
        indent: the column where further lines begin.
        separator: what stands between two items.
    """
    before, _, after = separator.partition(" ")
    text = f"{before} {after.replace(' ', _SPACE)}".join(item.replace(" ", _SPACE) for item in items)
    lines = textwrap.wrap(
        text, LINE_LENGTH, initial_indent=" " * start, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(lines)[start:].replace(_SPACE, " ")


def literal(text: str, indent: int) -> str:
    """A text as a literal of SQL; a long one in pieces, each in a line of its own. Parts to be filled, `{{ … }}`, stay whole.

    Args:
        indent: the column where further lines begin.
    """
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    pieces = re.findall(r"(?:\{\{.*?\}\}|\\.|[^\\]){1,75}", escaped)
    return f"\n{' ' * indent}|| ".join(f"'{piece}'" for piece in pieces)


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701  SQL and Markdown, of this repository's own values
)
_ENVIRONMENT.filters |= {
    "wrapped": wrapped,
    "literal": literal,
    "quoted": lambda name: f"'{name}'",
    "is_text": lambda name: f"({name}_text != '')",
    "token": lambda name: f"{name}_token",
    "tokens": lambda name: f"{name}_tokens",
    "joined": lambda name: f"{name}_tokens AS {name}_token",
    "is_there": lambda name: f"({name}_token != '')",
}
