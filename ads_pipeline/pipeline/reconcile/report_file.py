"""A platform's file, made ready for the engine: its header found, its text UTF-8, what stands before the first record taken away.

Bytes are copied, rows are not looked at, except the first lines, in which the header is.
"""

import csv
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from shutil import copyfileobj

from ads_pipeline.errors import UsageError
from ads_pipeline.landing import Format, format_of, kind_of, open_drop
from ads_pipeline.landing.zstd import ZstdError
from ads_pipeline.pipeline.drafts.texts import HEAD as TOP
from ads_pipeline.pipeline.drafts.texts import encoding_of
from ads_pipeline.pipeline.reconcile.columns import DAY_NAMES, Columns, plain, plan_columns
from ads_pipeline.pipeline.rollups import Rollup
from ads_pipeline.pipeline.staging.cells import CELL
from ads_pipeline.pipeline.staging.framing import PIECE, framing_of_file
from ads_pipeline.warehouse.connection import FileTable

HEAD = 200
"""Lines in which the header of a CSV is looked for, and the keys of NDJSON."""

DELIMITERS = ",;\t|"

PACKED = ("gz", "zst", "bz2", "xz")
"""Endings of compressed text whose name has no other ending that is known."""

LARGEST = 256 << 20
"""Bytes of a file that are sent to a server, decompressed."""

CSV_SETTINGS = {
    "input_format_csv_allow_variable_number_of_columns": 1,
    "input_format_custom_allow_variable_number_of_columns": 1,
    "input_format_custom_detect_header": 0,
    "format_custom_escaping_rule": "CSV",
    "format_custom_field_delimiter": "\t",
    "input_format_csv_detect_header": 0,
    "input_format_csv_empty_as_default": 0,
    "format_csv_allow_single_quotes": 0,
    "format_csv_null_representation": "\0",
}


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A file that is ready to be read.

    Args:
        table: its records; of a CSV the columns `c1`, `c2`, …, of NDJSON `line_text`.
        places: of a CSV, the columns of `columns.names`; empty for NDJSON.
        skipped: lines before the first record.
        surplus: of a CSV, the column behind those of the header.
    """

    columns: Columns
    table: FileTable
    places: tuple[str, ...]
    skipped: int = 0
    surplus: str = ""


def open_report(file: Path, given: Mapping[str, str], rollup: Rollup, folder: Path) -> ReportFile:
    """Find the columns of a file, and copy its records into a folder.

    Args:
        given: the file's columns by the rollup's names, `event_date` among them, as far as people said.

    Raises:
        UsageError: the file cannot be read, or lacks a column.
    """
    if not file.is_file():
        raise UsageError(f"{file} cannot be read: it is not a file, or there is none")
    form = format_of(file.name) or Format("csv", suffix if (suffix := file.suffix.lower()[1:]) in PACKED else "")
    wanted = {plain(name) for name in (*given.values(), *DAY_NAMES, *rollup.dimensions, *rollup.metrics)}
    with _readable(file):
        if form.name in ("parquet", "orc", "arrow"):
            return _table(file, form, given, rollup, folder)
        if form.name == "avro":
            raise UsageError(f"{file} cannot be read: convert it to Parquet, CSV or NDJSON")
        if form.name == "ndjson":
            return _ndjson(file, form, given, rollup, folder)
        with _text(file, form) as text:
            header, delimiter, skipped = _header(file, islice(text, HEAD), wanted)
        columns = plan_columns(rollup, given, header, file.name)
        with _text(file, form) as text, (folder / "records.csv").open("w", encoding="utf-8", newline="") as records:
            for _ in range(skipped):
                text.readline()
            copyfileobj(text, records)
    return _csv(folder, columns, header, skipped, delimiter)


def _csv(folder: Path, columns: Columns, header: Sequence[str], skipped: int = 0, delimiter: str = ",") -> ReportFile:
    structure = ", ".join(f"c{place} {CELL}" for place in range(1, len(header) + 2))
    form = "CustomSeparated" if delimiter == "\t" else "CSV"  # the engine refuses a CSV with tabs
    table = FileTable(folder / "records.csv", form, structure, CSV_SETTINGS | {"format_csv_delimiter": delimiter})
    return ReportFile(columns, table, tuple(f"c{header.index(name) + 1}" for name in columns.names), skipped, f"c{len(header) + 1}")


@contextmanager
def _readable(file: Path) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (OSError, EOFError, ValueError, csv.Error, zlib.error, ZstdError, pa.ArrowException) as error:
        raise UsageError(f"{file} cannot be read ({error})") from error


@contextmanager
def _text(file: Path, form: Format) -> Iterator[TextIOWrapper]:
    """The decompressed text, lines ending in a line feed; UTF-8, UTF-16, or else the Latin text that most programs write."""
    with open_drop(file, form) as content:
        start = content.read(TOP)
    if kind := kind_of(start):
        raise UsageError(f"{file} is {kind}, not text: export it as CSV, or name it by what it is (.gz, .zst)")
    encoding = encoding_of(start)
    if not encoding:
        raise UsageError(f"{file} is binary, not text: export it as CSV, or name it by what it is")
    encoding = "utf-8-sig" if encoding == "utf-8" else encoding
    with open_drop(file, form) as content, TextIOWrapper(content, encoding=encoding) as text:
        yield text


def _header(file: Path, head: Iterable[str], wanted: set[str]) -> tuple[list[str], str, int]:
    """The names of the columns, the delimiter, and the number of the header's last line: the record with the most names that are wanted."""
    lines = list(head)
    found: list[tuple[int, int, list[str], str, int]] = []
    for delimiter in DELIMITERS:
        reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
        for cells in reader:
            names = [cell.strip().lstrip("\ufeff") for cell in cells]
            score = len({plain(name) for name in names} & wanted)
            found.append((score, len(names), names, delimiter, reader.line_num))
    if not found:
        raise UsageError(f"{file} is empty: there is nothing to compare")
    best = max(found, key=lambda one: one[:2])
    first = next(one for one in found if one[0] == best[0] and one[3] == best[3])
    return first[2], first[3], first[4]


def _ndjson(file: Path, form: Format, given: Mapping[str, str], rollup: Rollup, folder: Path) -> ReportFile:
    path = folder / "records.ndjson"
    with _text(file, form) as text, path.open("w", encoding="utf-8", newline="") as records:
        copyfileobj(text, records)
    path = _in_lines(path)
    with path.open(encoding="utf-8") as text:
        objects = [json.loads(line) for line in islice(text, HEAD) if line.strip()]
    if not objects or not all(isinstance(one, dict) for one in objects):
        raise UsageError(f"{file} cannot be read: JSON objects are needed, in lines or in an array")
    columns = plan_columns(rollup, given, list(dict.fromkeys(key for one in objects for key in one)), file.name)
    return ReportFile(columns, FileTable(path, "LineAsString", "line_text String"), ())


def _in_lines(path: Path) -> Path:
    """NDJSON of what may be an array of objects, or objects over several lines."""
    framing = framing_of_file(path, Format("ndjson", ""))
    if framing is None:
        return path
    from ads_pipeline.pipeline.staging.cutting import Cutter  # loads numpy

    cutter, lines = Cutter(framing.array, strict=False), path.with_name("lines.ndjson")
    with path.open("rb") as text, lines.open("wb") as cut:
        while piece := text.read(PIECE):
            cut.write(cutter.cut(piece))
    cutter.end()
    return lines


def _table(file: Path, form: Format, given: Mapping[str, str], rollup: Rollup, folder: Path) -> ReportFile:
    """A Parquet, ORC or Arrow file as CSV: the columns that are compared, as text."""
    import pyarrow as pa
    from pyarrow.csv import CSVWriter, WriteOptions

    from ads_pipeline.pipeline.staging.arrow import opened_table

    with (folder / "records").open("wb") as unpacked, open_drop(file, form) as content:
        copyfileobj(content, unpacked)
    with opened_table(folder / "records", form.name) as content:
        columns = plan_columns(rollup, given, content.schema.names, file.name)
        names = list(dict.fromkeys(columns.names))
        schema = pa.schema([(name, pa.string()) for name in names])
        with CSVWriter(str(folder / "records.csv"), schema, write_options=WriteOptions(include_header=False)) as writer:
            for batch in content.batches:
                writer.write_batch(pa.record_batch([batch[name].cast(pa.string()) for name in names], schema))
    return _csv(folder, columns, names)
