"""What the comments at the top of a source's SQL file say of its drops: their text, the id space of their events, their local time zone.

    -- format: delimiter = ";", columns = ["at", "bid_id", "price"], encoding = "utf-16"
    -- ids: bids
    -- time zone: Europe/Berlin

The value of `format` is written as in TOML; a comment line that begins with three spaces or more goes on with the line above it.
"""

import codecs
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from ads_pipeline.errors import DropError
from ads_pipeline.warehouse.statements import Sql

_HEAD_LINE = re.compile(r"--\s?([A-Za-z][A-Za-z _-]*?)\s*:(?:\s(.*))?$")
_ID_SPACE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_KEYS = {"format": "format", "ids": "ids", "timezone": "time zone"}


@dataclass(frozen=True, slots=True)
class TextFormat:
    """How the text of a source's drops is to be read. What is not said is as the ending of a drop's name has it.

    Args:
        delimiter: between the cells of a CSV, one ASCII character; empty: that of the ending, a comma in `.csv`.
        header: whether a line with the names of the columns stands before the records of a CSV.
        columns: the names of a CSV's columns; empty: those of its header line, or `column_1` and so on.
        encoding: of the text, by its name in Python, in lower case.
        quote: what stands around a cell that holds a delimiter or a line break, `"` or `'`; empty: no cell is quoted.
        comment: begins lines that are passed over, at the top of the text; empty: there are none.
        skip: how many lines are passed over at the top, before those that are comments.
        header_with: the header of a CSV is the first line with one of these names, and lines before it are passed over; where none has
            one, or there are none, it is the first line.
    """

    delimiter: str = ""
    header: bool = True
    columns: tuple[str, ...] = ()
    encoding: str = "utf-8"
    quote: str = '"'
    comment: str = ""
    skip: int = 0
    header_with: tuple[str, ...] = ()


PLAIN = TextFormat()
"""UTF-8, and for the rest as the ending has it."""


@dataclass(frozen=True, slots=True)
class SourceHead:
    """What a source says of its drops.

    Args:
        ids: the id space of its events: events of two sources are the same only if these share one.
        time_zone: of times that have no offset, an IANA name.
    """

    format: TextFormat
    ids: str
    time_zone: str = "UTC"


class SourceHeadError(DropError):
    """A header line that cannot be used; every drop of the source fails for it, and no other."""


def source_head(name: str, source: Sql) -> SourceHead:
    """What the header lines of a source say.

    Args:
        name: of the source, which is its id space where no line says another.

    Raises:
        SourceHeadError: a value that cannot be used, with file and line.
    """
    found: dict[str, tuple[int, str]] = {}
    for number, key, value in _head_lines(source.text):
        if key in found:
            raise SourceHeadError(
                f"sql/sources/{name}.sql, line {number}: {key!r} stands in line {found[key][0]} already; leave one of them"
            )
        found[key] = number, value
    read: dict[str, Any] = {"format": PLAIN, "ids": name}
    for key, (number, value) in found.items():
        try:
            read[key.replace(" ", "_")] = _READERS[key](value)
        except ValueError as error:
            raise SourceHeadError(f"sql/sources/{name}.sql, line {number}: {key}: {error}") from None
    return SourceHead(**read)


def _head_lines(text: str) -> Iterator[tuple[int, str, str]]:
    """Number, key and value of each header line, those that go on put together."""
    held: tuple[int, str, str] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("--"):
            break
        if held and re.match(r"--\s{3,}\S", line):
            held = (*held[:2], f"{held[2]} {line[2:].strip()}")
            continue
        if held:
            yield held
        found = _HEAD_LINE.match(line)
        key = _KEYS.get(re.sub(r"[ _-]", "", found[1]).lower()) if found else None
        held = (number, key, (found[2] or "").strip()) if found and key else None
    if held:
        yield held


def _format(value: str) -> TextFormat:
    try:
        # read as the value of a key: a table without its braces
        options = tomllib.loads(f"format = {{{value}}}")["format"]
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{value!r} cannot be read ({error}); {_EXAMPLE}") from None
    for option, given in options.items():
        if option not in _OPTIONS:
            raise ValueError(f"unknown option {option!r}; there are: {', '.join(_OPTIONS)}")
        is_right, wanted = _OPTIONS[option]
        if not is_right(given):
            raise ValueError(f"{option} = {given!r} cannot be used; it is {wanted}")
    read = TextFormat(
        **{
            "header": "columns" not in options,  # names stand for a header
            **options,
            "columns": tuple(options.get("columns", ())),
            "header_with": tuple(options.get("header_with", ())),
        }
    )
    if read.quote and read.quote == read.delimiter:
        raise ValueError(f'delimiter and quote are both {read.quote!r}; write quote = "" if no cell is quoted')
    return TextFormat(**{**_values(read), "encoding": codecs.lookup(read.encoding).name})


def _values(read: TextFormat) -> Mapping[str, Any]:
    return {name: getattr(read, name) for name in TextFormat.__slots__}


def _is_text_encoding(value: object) -> bool:
    try:
        return isinstance(value, str) and isinstance("".encode(value), bytes)
    except (LookupError, ValueError):
        return False


def _is_delimiter(value: object) -> bool:
    return isinstance(value, str) and len(value) == 1 and value.isascii() and not value.isalnum() and value not in "\r\n\"'.\0"


def _are_columns(value: object) -> bool:
    return (
        isinstance(value, list) and bool(value) and all(isinstance(name, str) and name for name in value) and len(set(value)) == len(value)
    )


_EXAMPLE = 'write it as in `-- format: delimiter = ";", encoding = "utf-16"`'

_OPTIONS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "delimiter": (_is_delimiter, r'one ASCII character that is no letter, digit, dot or quote, such as ";" or "\t"'),
    "header": (lambda value: isinstance(value, bool), "true or false"),
    "columns": (_are_columns, 'a list of different names, such as ["at", "price"]'),
    "encoding": (_is_text_encoding, 'the name of a text encoding, such as "utf-16" or "latin-1"'),
    "quote": (lambda value: value in ('"', "'", ""), '\'"\', "\'", or "" if no cell is quoted'),
    "comment": (
        lambda value: isinstance(value, str) and bool(value.strip()) and value.isprintable(),
        'what such lines begin with, such as "#"',
    ),
    "header_with": (_are_columns, 'a list of names that a header has, such as ["Day", "Date"]'),
    "skip": (lambda value: type(value) is int and 0 <= value <= 1000, "a number of lines, at most 1000"),
}
"""The options of `format`: whether a value can be used, and what it has to be."""


def _ids(value: str) -> str:
    if not _ID_SPACE.fullmatch(value):
        raise ValueError(f"{value!r} cannot be an id space; it is a name of letters, digits, _ and -, at most 64, such as `-- ids: bids`")
    return value


def _time_zone(value: str) -> str:
    try:
        return ZoneInfo(value).key
    except (OSError, ValueError, LookupError):
        raise ValueError(f"unknown time zone {value!r}; write an IANA name, such as `-- time zone: Europe/Berlin`") from None


_READERS: Mapping[str, Callable[[str], Any]] = {"format": _format, "ids": _ids, "time zone": _time_zone}
