"""Charts for a terminal: a bar for each row, or a line of small bars (a sparkline) over the days of each group.

They are as wide as the terminal, in a pipe 80 columns. A value stands beside its bar with every digit.
"""

import sys
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import click

from ads_pipeline.cli.tables import echo, shown, terminal_width
from ads_pipeline.text import visible

WIDTH = 80
"""Columns of a chart in a pipe."""

BLOCKS, PLAIN = "▏▎▍▌▋▊▉█", "#"
SPARKS, PLAIN_SPARKS = "▁▂▃▄▅▆▇█", "_.-=+*#@"

LEAST_BAR = 8
"""Columns that the longest bar has at least."""


def print_bars(title: str, labels: Sequence[str], values: Sequence[Any]) -> None:
    """Print a bar for each value, from the lowest of them and 0 to the highest; one that is missing has none."""
    texts = [shown(value) for value in values]
    names, room = _beside(labels, texts, LEAST_BAR)
    numbers = [None if value is None else float(value) for value in values]
    low, high = min((0.0, *(number for number in numbers if number is not None))), max((0.0, *(n for n in numbers if n is not None)))
    left = round(room * -low / (high - low)) if high > low else 0
    echo(title)
    _print_rows(names, [_bar(number or 0.0, left, room - left, low, high).ljust(room) for number in numbers], texts)


def _beside(labels: Sequence[str], texts: Sequence[str], least: int) -> tuple[list[str], int]:
    """Labels of one width, and the columns that are left between them and the texts of values: `least`, if the labels can be cut for it."""
    from rich.cells import cell_len, set_cell_size

    names = [visible(label) for label in labels]
    width, most = _width(), max(map(len, texts), default=0)
    label_width = min(max(map(cell_len, names), default=0), max(LEAST_BAR, width - most - 4 - least))
    cut = [name if cell_len(name) <= label_width else set_cell_size(name, label_width - 1) + _mark("…", ".") for name in names]
    return [set_cell_size(name, label_width) for name in cut], max(LEAST_BAR, width - label_width - most - 4)


def _print_rows(names: Sequence[str], drawn: Sequence[str], texts: Sequence[str]) -> None:
    most = max(map(len, texts), default=0)
    for name, drawing, text in zip(names, drawn, texts, strict=True):
        click.echo(f"{name}  {drawing}  {text.rjust(most)}".rstrip())


def _width() -> int:
    return terminal_width() or WIDTH


def _bar(number: float, left: int, right: int, low: float, high: float) -> str:
    """A bar that begins at 0, to the right of it or, of a negative number, to the left."""
    if number < 0:
        length = max(1, round(left * number / low))
        return (_mark("█", PLAIN) * length).rjust(left)
    eighths = round(8 * right * number / high) if high > 0 else 0
    if number > 0:
        eighths = max(1, eighths)
    whole, part = divmod(eighths, 8)
    if not _is_unicode():
        return " " * left + PLAIN * max(round(eighths / 8), int(number > 0))
    return " " * left + BLOCKS[-1] * whole + (BLOCKS[part - 1] if part else "")


def print_sparklines(title: str, groups: Sequence[tuple[str, Sequence[Any]]], first: str, last: str) -> None:
    """Print a line of small bars for each group, one bar a day or, where there is no room, for some days together; then the last value."""
    echo(f"{title}, {first} to {last}; the value is that of the last day")
    texts = [shown(values[-1] if values else None) for _, values in groups]
    days = max((len(values) for _, values in groups), default=0)
    names, room = _beside([name for name, _ in groups], texts, min(days, _width() // 2))
    _print_rows(names, [_sparks(values, room).ljust(min(days, room)) for _, values in groups], texts)


def _sparks(values: Sequence[Any], room: int) -> str:
    each = -(-len(values) // room)  # days that share a bar: the highest of them is shown
    numbers = [
        max((float(value) for value in values[place : place + each] if value is not None), default=None)
        for place in range(0, len(values), max(1, each))
    ]
    known = [number for number in numbers if number is not None]
    low, high = min([0.0, *known]), max([0.0, *known])
    marks = SPARKS if _is_unicode() else PLAIN_SPARKS
    return "".join(
        " " if number is None else marks[round((len(marks) - 1) * (number - low) / (high - low)) if high > low else 0] for number in numbers
    )


def _is_unicode() -> bool:
    return "utf" in (sys.stdout.encoding or "").lower()


def _mark(mark: str, plain: str) -> str:
    return mark if _is_unicode() else plain


def as_number(value: Any) -> Decimal | float | int | None:
    """A value that can be drawn; None of one that is no number."""
    return value if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) else None
