"""The head of a file: its format, its columns, and values of its first lines. No more than the head is read."""

import csv
import json
import re
from codecs import getincrementaldecoder
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

from ads_pipeline.errors import DropError
from ads_pipeline.landing import DAMAGED, ENDINGS, Format, format_of, open_drop

HEAD = 256 << 10
"""Bytes of a file, decompressed, that are looked at."""

ROWS = 500
"""Lines of these that are looked at."""

DELIMITERS = ",;\t|"
_USUAL = {"csv": ",", "tsv": "\t"}

TABLES = {"parquet": "Parquet", "arrow": "Arrow", "orc": "ORC", "avro": "Avro"}
"""Formats of rows that are no text."""

Column: TypeAlias = tuple[str, ...]
"""A column: a key of the line, or the keys that lead to a value within the objects that it holds."""

DEPTH = 3
"""Keys that lead to a value; what lies deeper is shown as JSON."""

_DELIMITED = re.compile(r"\.(?:tab|txt|psv)(?:\.(gz|zst|bz2|xz))?$", re.IGNORECASE)
_OTHER_KINDS = {
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "gzip, and its name has no .gz",
}
_VALUE = re.compile(r"-?[0-9.,]+|\d{4}-\d{2}-\d{2}([ T].*)?")


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of a file shows.

    Args:
        delimiter: of a CSV; empty for other formats.
        rows: of each line that was looked at, the values by column, nulls and empty cells of a CSV left out.
        columns: in their order, those without any value too.
    """

    file: Path
    format: Format
    delimiter: str
    rows: Sequence[Mapping[Column, Any]]
    columns: Sequence[Column]

    def values(self, column: Column) -> list[Any]:
        """The values of a column in the lines that have one."""
        return [row[column] for row in self.rows if column in row]

    @property
    def can_land(self) -> bool:
        """Whether the pipeline reads the file as it is."""
        return format_of(self.file.name) is not None and self.delimiter == _USUAL.get(self.format.name, "")


def look(file: Path) -> Head:
    """Look at the head of a file.

    Raises:
        DropError: it cannot be read, is empty, or holds nothing that looks like lines with named columns.
    """
    form = _format(file)
    try:
        if not file.stat().st_size:
            raise DropError(f"{file} is empty: there is nothing to draft a source from")
        if form.name in TABLES:
            return _of_records(file, form, "", _rows(file, form))
        text = _text(file, form)
        if form.name in _USUAL:
            delimiter = _delimiter(text)
            return _of_records(file, form, delimiter, _cells(file, text, delimiter))
        return _of_records(file, form, "", _objects(file, text))
    except (*DAMAGED, OSError, csv.Error) as error:
        raise DropError(f"{file} cannot be read ({error})") from error


def _format(file: Path) -> Format:
    """By the ending, that of text with other delimiters too."""
    if not file.is_file():
        raise DropError(f"{file} cannot be read: it is not a file, or there is none")
    if form := format_of(file.name):
        return form
    if found := _DELIMITED.search(file.name):
        return Format("csv", (found[1] or "").lower())
    raise DropError(f"{file} cannot be loaded: the name of a drop ends in {ENDINGS}; convert or rename it")


def _of_records(file: Path, form: Format, delimiter: str, records: Sequence[Mapping[str, Any]]) -> Head:
    rows = [dict(_flat(record)) for record in records]
    columns = dict.fromkeys(column for row in rows for column in row)
    if not columns:
        raise DropError(f"{file} has no lines with columns: there is nothing to draft a source from")
    given = [{key: row[key] for key in row if row[key] is not None} for row in rows]
    return Head(file, form, delimiter, [row for row in given if row], list(columns))


def _flat(record: Mapping[str, Any], above: Column = ()) -> Iterator[tuple[Column, Any]]:
    """Columns and values; the keys of an object stand for it."""
    for key, value in record.items():
        if isinstance(value, dict) and value and len(above) + 1 < DEPTH:
            yield from _flat(value, (*above, key))
        else:
            yield (*above, key), value


def _text(file: Path, form: Format) -> str:
    """The first whole lines of a text file."""
    with open_drop(file, form) as content:
        head = content.read(HEAD)
    for start, kind in _OTHER_KINDS.items():
        if head.startswith(start):
            raise DropError(f"{file} is {kind}: convert it to UTF-8 text, or give it the ending of what it is")
    if b"\0" in head:
        raise DropError(f"{file} is binary, not text: give it the ending of what it is ({ENDINGS})")
    try:
        text = getincrementaldecoder("utf-8-sig")().decode(head, final=len(head) < HEAD)
    except UnicodeDecodeError as error:
        place = f"byte 0x{error.object[error.start]:02x} at {error.start}"
        raise DropError(f"{file} is not UTF-8 ({place}): convert it, for example by `iconv -f ISO-8859-1 -t UTF-8`") from None
    return text if len(head) < HEAD else text[: text.rfind("\n") + 1]


def _delimiter(text: str) -> str:
    """What the lines have alike: the delimiter by which most lines have the same number of cells."""

    def score(delimiter: str) -> tuple[float, int]:
        lines = [cells for cells in islice(csv.reader(StringIO(text), delimiter=delimiter), 50) if cells]
        width = _width(lines)
        return (sum(len(cells) == width for cells in lines) / len(lines) if width > 1 else 0.0, width)

    return max(DELIMITERS, key=score)


def _width(lines: Sequence[Sequence[str]]) -> int:
    """How many cells most lines have."""
    return Counter(map(len, lines)).most_common(1)[0][0] if lines else 0


def _cells(file: Path, text: str, delimiter: str) -> list[dict[str, Any]]:
    """The records of a CSV by the names of its header; an empty cell is None."""
    lines = [cells for cells in islice(csv.reader(StringIO(text), delimiter=delimiter, skipinitialspace=True), ROWS + 1) if cells]
    names = [name.strip() or f"column_{place}" for place, name in enumerate(lines[0], 1)] if lines else []
    if twice := [name for name in names if names.count(name) > 1]:
        raise DropError(f"{file}: the header names the column {twice[0]!r} twice; rename one of them")
    if len(names) == 1 < (width := _width(lines)):
        header = next(place for place, cells in enumerate(lines) if len(cells) == width)
        raise DropError(
            f"{file}: {header} lines stand before the one that names the columns ({', '.join(lines[header])[:60]}); remove them"
        )
    if sum(bool(_VALUE.fullmatch(name)) for name in names) > len(names) / 2:
        raise DropError(f"{file}: the first line holds values, not the names of columns; write a line with names before it")
    blank = dict.fromkeys(names)
    return [blank | {name: cell or None for name, cell in zip(names, cells, strict=False)} for cells in lines[1:]] or [blank]


def _objects(file: Path, text: str) -> list[dict[str, Any]]:
    """The objects of NDJSON lines."""
    objects = []
    for number, line in enumerate(islice((line for line in text.split("\n") if line.strip()), ROWS), 1):
        try:
            value = json.loads(line)
        except ValueError as error:
            if number > 1:
                continue
            raise DropError(f"{file}: the first line is not JSON ({error}); one object a line is needed: {_AS_LINES}") from None
        if isinstance(value, dict):
            objects.append(value)
        elif number == 1:
            raise DropError(f"{file}: the first line is JSON, but not an object; one object a line is needed: {_AS_LINES}")
    return objects


_AS_LINES = "`jq -c .` writes objects so, `jq -c '.[]'` those of an array"


def _rows(file: Path, form: Format) -> list[dict[str, Any]]:
    import pyarrow as pa

    from ads_pipeline.pipeline.staging.arrow import first_rows

    kind = TABLES[form.name]
    if form.name == "avro":
        raise DropError(f"{file}: a draft is not made from {kind}; make one from a Parquet file or from NDJSON with the same columns")
    if form.compression:
        raise DropError(f"{file} is a compressed {kind} file, which has no head: unpack it for the draft; it may land as it is")
    try:
        schema, rows = first_rows(file, form.name, ROWS)
    except pa.ArrowException as error:
        raise DropError(f"{file} is not {kind} ({error})") from error
    return [{name: _json_value(value) for name, value in row.items()} for row in rows] or [dict.fromkeys(schema.names)]


def _json_value(value: Any) -> Any:
    """A value as the engine writes it into a line: times are ISO 8601 in UTC."""
    match value:
        case datetime():
            return value.replace(tzinfo=None).isoformat() + "Z"
        case date():
            return value.isoformat()
        case bytes():
            return value.decode("utf-8", "replace")
        case dict():
            return {key: _json_value(item) for key, item in value.items()}
    return value
