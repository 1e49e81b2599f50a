"""Output for people: lines, verdicts and tables that show data as it is, at every width.

Data is never markup, and no control character reaches the terminal. Numbers, days and what identifies a row are never cut
and never folded: where a table is too wide, long texts end in `…`, then the last metrics are left out and named, and where
not even one fits, each row is printed as lines. In a pipe there is no width, and nothing is cut.
"""

import shutil
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import click
import msgspec

from ads_pipeline.text import visible

GAP = "  "

LEAST_TEXT = 20
"""Columns of the terminal that a text which is cut keeps."""

JSON = msgspec.json.Encoder(decimal_format="number", enc_hook=str)
"""Writes a Decimal as a number with all its digits."""


def echo(text: str = "", *, err: bool = False) -> None:
    """Print one line."""
    click.echo(visible(text), err=err)


def print_verdict(word: str, color: str, text: str) -> None:
    """Print one line that begins with a word in color, where color is wanted."""
    click.echo(f"{_styled(word, fg=color)}{GAP}{visible(text)}")


def print_fields(title: str, fields: Mapping[str, Any]) -> None:
    """Print one thing with all that is known of it, a line each, nothing cut."""
    echo(title)
    _print_lines(list(fields), [shown(value, plain=True) for value in fields.values()])


SHOW_ALL = "`--json` shows all"
"""How to see what a table leaves out."""


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    keys: Collection[str],
    texts: Collection[str] = (),
    remedy: str = SHOW_ALL,
) -> None:
    """Print rows as a table, or as lines where it is too narrow for one.

    Args:
        keys: columns that identify a row: never cut, never left out, numbers in them without separators.
        texts: columns that may be cut; all others are metrics, which are shown whole or not at all.
        remedy: how to see what is left out.
    """
    kept = [list(row) for row in rows]
    if not kept:
        echo(f"{title}: none" if title else "none")
        return
    table = [_column(name, [row[index] for row in kept], name in keys, name in texts) for index, name in enumerate(columns)]
    width = terminal_width()
    if title:
        click.echo(_styled(visible(title), italic=True))
    fitted = _fitted(table, width)
    if fitted is None:
        _print_rows(table, width or 0)
        return
    heading, *lines = _lines(fitted)
    click.echo(_styled(heading, bold=True))
    for line in lines:
        click.echo(line)
    if left := [column.name for column in table if column.name not in {other.name for other in fitted}]:
        click.echo(_styled(f"left out, {width} columns are too few: {', '.join(left)}; {visible(remedy)}", dim=True))


def terminal_width() -> int | None:
    """Columns of the terminal; None in a pipe, where nothing is cut."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def shown(value: Any, *, plain: bool = False) -> str:
    """A value as it is shown: every digit of a number, groups of three unless plain; of a float six decimals."""
    comma = "" if plain else ","
    match value:
        case None:
            return ""
        case bool():
            text = str(value)
        case int():
            text = f"{value:{comma}}"
        case Decimal():
            text = _trimmed(f"{value:{comma}f}")
        case float():
            text = _trimmed(f"{value:{comma}.6f}")
            text = text if value == 0 or text.strip("-") != "0" else f"{value:g}"
        case list() | tuple() | dict():
            text = JSON.encode(value).decode()
        case _:
            text = str(value)
    return visible(text)


def _trimmed(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    cells: list[str]
    key: bool
    text: bool
    numeric: bool
    width: int

    def cut(self, width: int) -> "_Column":
        return _Column(self.name, [_shortened(cell, width) for cell in self.cells], self.key, self.text, self.numeric, width)


def _column(name: str, values: list[Any], key: bool, text: bool) -> _Column:
    from rich.cells import cell_len

    cells = [shown(value, plain=key) for value in values]
    numeric = all(isinstance(value, (int, float, Decimal)) for value in values if value is not None)
    name = visible(name)
    return _Column(name, cells, key, text, numeric, max(map(cell_len, [name, *cells])))


def _fitted(table: Sequence[_Column], width: int | None) -> list[_Column] | None:
    """The columns that fit, texts cut to the room there is; None when not even the keys and one metric do."""
    if width is None:
        return list(table)
    metrics = [column for column in table if not column.key and not column.text]
    for count in range(len(metrics), min(len(metrics), 1) - 1, -1):
        shown = [column for column in table if column not in metrics[count:]]
        room = width - len(GAP) * (len(shown) - 1) - sum(column.width for column in shown if not column.text)
        texts = [column for column in shown if column.text]
        if room >= sum(min(column.width, LEAST_TEXT) for column in texts):
            widths = _shared(room, [column.width for column in texts])
            cut = {column.name: column.cut(size) for column, size in zip(texts, widths, strict=True)}
            return [cut.get(column.name, column) for column in shown]
    return None


def _shared(room: int, wanted: Sequence[int]) -> list[int]:
    """The room shared out: each gets its least, the rest goes to the first ones that want more."""
    sizes = [min(size, LEAST_TEXT) for size in wanted]
    for index, size in enumerate(wanted):
        sizes[index] += min(size - sizes[index], room - sum(sizes))
    return sizes


def _lines(table: Sequence[_Column]) -> Iterator[str]:
    """Heading, rule and rows."""
    yield GAP.join(_padded(column.name, column) for column in table).rstrip()
    yield GAP.join("-" * column.width for column in table)
    for cells in zip(*(column.cells for column in table), strict=True):
        yield GAP.join(_padded(cell, column) for cell, column in zip(cells, table, strict=True)).rstrip()


def _print_rows(table: Sequence[_Column], width: int) -> None:
    """Each row as lines, texts cut to the width."""
    names = [column.name for column in table]
    room = max(LEAST_TEXT, width - max(map(len, names)) - len(GAP))
    for cells in zip(*(column.cells for column in table), strict=True):
        echo()
        _print_lines(names, [_shortened(cell, room) if column.text else cell for cell, column in zip(cells, table, strict=True)])


def _print_lines(names: Sequence[str], cells: Sequence[str]) -> None:
    for name, cell in zip(names, cells, strict=True):
        click.echo(f"{name.ljust(max(map(len, names)))}{GAP}{cell}".rstrip())


def _padded(cell: str, column: _Column) -> str:
    from rich.cells import cell_len

    space = " " * (column.width - cell_len(cell))
    return space + cell if column.numeric else cell + space


def _shortened(text: str, width: int) -> str:
    from rich.cells import cell_len, set_cell_size

    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"


def _styled(text: str, **style: Any) -> str:
    """The text with a style; without, in a pipe, on a dumb terminal, and under NO_COLOR."""
    from rich.console import Console

    console = Console(force_terminal=sys.stdout.isatty())
    return click.style(text, **style) if console.color_system and not console.no_color else text
