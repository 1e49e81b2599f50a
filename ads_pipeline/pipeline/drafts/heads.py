"""The head of a file: its format, its columns, and values of its first lines. No more than the head is read."""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

from ads_pipeline.errors import DropError
from ads_pipeline.landing import DAMAGED, ENDINGS, Format, format_of
from ads_pipeline.pipeline.drafts.texts import HEAD, ROWS, USUAL, cells_of, text_of
from ads_pipeline.pipeline.staging.framing import framing_of

TABLES = {"parquet": "Parquet", "arrow": "Arrow", "orc": "ORC", "avro": "Avro"}
"""Formats of rows that are no text."""

Column: TypeAlias = tuple[str, ...]
"""A column: a key of the line, or the keys that lead to a value within the objects that it holds."""

DEPTH = 3
"""Keys that lead to a value; what lies deeper is shown as JSON."""

PLACE = re.compile(r"column_\d+")
"""What a column without a name is called."""

_DELIMITED = re.compile(r"\.(?:tab|txt|psv)(?:\.(gz|zst|bz2|xz))?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of a file shows.

    Args:
        delimiter: of a CSV; empty for other formats.
        rows: of each line that was looked at, the values by column, nulls and empty cells of a CSV left out.
        columns: in their order, those without any value too.
        options: what `-- format:` has to say of such files.
    """

    file: Path
    format: Format
    delimiter: str
    rows: Sequence[Mapping[Column, Any]]
    columns: Sequence[Column]
    options: Mapping[str, Any] = field(default_factory=dict)

    def values(self, column: Column) -> list[Any]:
        """The values of a column in the lines that have one."""
        return [row[column] for row in self.rows if column in row]

    @property
    def known_columns(self) -> list[Column]:
        """Those with a name or a value: of the columns of a log without a header, most may have neither."""
        return [column for column in self.columns if not PLACE.fullmatch(column[0]) or self.values(column)]

    @property
    def can_land(self) -> bool:
        """Whether its name is that of a drop."""
        return format_of(self.file.name) is not None


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
            return _of_records(file, form, _rows(file, form))
        text, options = text_of(file, form)
        if form.name in USUAL:
            cells = cells_of(file, form, text)
            blank: dict[str, Any] = dict.fromkeys(cells.names)
            records = [blank | {name: cell or None for name, cell in zip(cells.names, line, strict=False)} for line in cells.records]
            return _of_records(file, form, records or [blank], cells.delimiter, {**options, **cells.options})
        has_top = text.startswith("#")
        return _of_records(file, form, _objects(file, text), options={**options, "comment": "#"} if has_top else options)
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


def _of_records(
    file: Path, form: Format, records: Sequence[Mapping[str, Any]], delimiter: str = "", options: Mapping[str, Any] | None = None
) -> Head:
    rows = [dict(_flat(record)) for record in records]
    columns = dict.fromkeys(column for row in rows for column in row)
    if not columns:
        raise DropError(f"{file} has no lines with columns: there is nothing to draft a source from")
    given = [{key: row[key] for key in row if row[key] is not None} for row in rows]
    return Head(file, form, delimiter, [row for row in given if row], list(columns), options or {})


def _flat(record: Mapping[str, Any], above: Column = ()) -> Iterator[tuple[Column, Any]]:
    """Columns and values; the keys of an object stand for it."""
    for key, value in record.items():
        if isinstance(value, dict) and value and len(above) + 1 < DEPTH:
            yield from _flat(value, (*above, key))
        else:
            yield (*above, key), value


def _objects(file: Path, text: str) -> list[dict[str, Any]]:
    """The objects of JSON, however they stand."""
    content = text.encode()
    if framing := framing_of(content, is_all=len(content) < HEAD // 2):
        from ads_pipeline.pipeline.staging.cutting import Cutter, NotFramedError  # loads numpy, which few drops need

        try:
            text = Cutter(framing.array, strict=False).cut(content).decode()
        except NotFramedError as error:
            raise DropError(f"{file}: its brackets or quotes do not match") from error
    found = [value for line in islice((line for line in text.split("\n") if line.strip()), ROWS) if isinstance(value := _json(line), dict)]
    if not found:
        raise DropError(f"{file}: none of its first lines is a JSON object, and it is no array of objects")
    return found


def _json(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


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
