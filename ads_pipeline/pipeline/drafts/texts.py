"""The text at the head of a file: its encoding, and how its cells stand. What is not usual is said by options of `-- format:`."""

import csv
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

from ads_pipeline.errors import DropError
from ads_pipeline.landing import ENDINGS, Format, kind_of, open_drop
from ads_pipeline.pipeline.drafts.names import NOTHING_WORDS

HEAD = 256 << 10
"""Bytes of a file, decompressed, that are looked at."""

ROWS = 500
"""Lines of these that are looked at."""

DELIMITERS = ",;\t|\x01"
USUAL = {"csv": ",", "tsv": "\t"}

_FEW = 50
"""Lines by which delimiter and quotes are found."""

_COMMENTS = re.compile(r"\A(?:#[^\n]*\n\s*)+(?=[^\n]*[A-Za-z])")
"""Those at the top, above a line with letters: a name."""

VALUES = {
    "number": re.compile(r"-?\d+([.,]\d+)?"),
    "time": re.compile(r"\d{4}-\d{2}-\d{2}([ T].*)?|\d{1,2}[./]\d{1,2}[./]\d{4}([ T].*)?"),
    "id": re.compile(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}"),
}
"""Texts that are the value of a column, and not its name."""


@dataclass(frozen=True, slots=True)
class Cells:
    """The records of a delimited text, and what `-- format:` has to say of it.

    Args:
        delimiter: between cells.
        names: of the columns.
        records: the cells of each line behind the header.
    """

    delimiter: str
    names: Sequence[str]
    records: Sequence[Sequence[str]]
    options: Mapping[str, Any] = field(default_factory=dict)


def text_of(file: Path, form: Format) -> tuple[str, Mapping[str, Any]]:
    """The first whole lines of a text file, and its encoding as an option if it is not UTF-8.

    Raises:
        DropError: it is no text.
    """
    with open_drop(file, form) as content:
        head = content.read(HEAD)
    if kind := kind_of(head):
        raise DropError(f"{file} is {kind}: give it the ending of what it is ({ENDINGS})")
    encoding = encoding_of(head)
    if not encoding:
        raise DropError(f"{file} is binary, not text: give it the ending of what it is ({ENDINGS})")
    text = getincrementaldecoder(encoding)("replace").decode(head, final=len(head) < HEAD).lstrip("\ufeff")
    is_cut = len(head) == HEAD and (form.name != "ndjson" or "\n" in text)  # an array may have no line end at all
    return text[: text.rfind("\n") + 1] if is_cut else text, {} if encoding == "utf-8" else {"encoding": encoding}


def encoding_of(head: bytes) -> str:
    """The encoding of a text by its first `HEAD` bytes; empty if it is none."""
    if head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16"
    for encoding, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        if zeros.count(0) > 0.7 * len(zeros) > 0:
            return encoding
    if b"\0" in head:
        return ""
    for encoding in ("utf-8", "windows-1252"):
        try:
            getincrementaldecoder(encoding)().decode(head, final=len(head) < HEAD)
        except UnicodeDecodeError:
            continue
        return encoding
    return "latin-1"


def cells_of(file: Path, form: Format, text: str) -> Cells:
    """The records of a delimited text by the names of its header, or by their places where it has none.

    Raises:
        DropError: the header names a column twice.
    """
    body = _COMMENTS.sub("", text)
    delimiter, quote = _signs(body)
    lines = list(islice(_records(body, delimiter, quote), ROWS + 1))
    options: dict[str, Any] = {} if delimiter == USUAL[form.name] else {"delimiter": delimiter}
    options |= {} if quote == '"' else {"quote": quote}
    options |= {} if body == text else {"comment": "#"}
    place = _header(lines)
    if place:
        options["header_with"] = [name.strip() for name in lines[place] if name.strip()][:2]
    if lines and _are_values(lines[place:]):
        width = max(map(len, lines))
        return Cells(delimiter, [f"column_{number + 1}" for number in range(width)], lines[place:], {**options, "header": False})
    names = [name.strip() or f"column_{number}" for number, name in enumerate(lines[place], 1)] if lines else []
    if twice := [name for name in names if names.count(name) > 1]:
        raise DropError(f"{file}: the header names the column {twice[0]!r} twice; rename one of them")
    return Cells(delimiter, names, lines[place + 1 :], options)


def _records(text: str, delimiter: str, quote: str) -> Any:
    """The cells of each line that is not blank."""
    quoted = {"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE}
    return (cells for cells in csv.reader(StringIO(text), delimiter=delimiter, skipinitialspace=True, **quoted) if cells)


def _signs(text: str) -> tuple[str, str]:
    """Delimiter and quote, by which most lines have the same number of cells."""

    def score(signs: tuple[str, str]) -> tuple[float, int]:
        try:
            lines = list(islice(_records(text, *signs), _FEW))
        except csv.Error:
            return (0.0, 0)
        width = _width(lines)
        return (sum(len(cells) == width for cells in lines) / len(lines) if width > 1 else 0.0, width)

    delimiter, quote = max(((delimiter, quote) for delimiter in DELIMITERS for quote in ('"', "", "'")), key=score)
    if quote == '"' and '"' not in text:
        cells = [cell for line in islice(_records(text, delimiter, ""), _FEW) for cell in line if cell]
        if sum(len(cell) > 1 and cell[0] == cell[-1] == "'" for cell in cells) > len(cells) / 3:
            quote = "'"
    return delimiter, "" if quote and _goes_on(text, delimiter, quote) else quote


def _goes_on(text: str, delimiter: str, quote: str) -> bool:
    """Whether text stands behind cells in quotes, as in `"Best" shoes`: quotes are letters like others then."""
    text = re.sub(f" +(?=[{re.escape(delimiter)}\r\n])", "", text)  # spaces may stand there
    try:
        for _ in islice(csv.reader(StringIO(text), delimiter=delimiter, skipinitialspace=True, quotechar=quote, strict=True), _FEW):
            pass
    except csv.Error as error:
        return "expected after" in str(error)  # another one is of the end of the head, which may be within a cell
    return False


def _width(lines: Sequence[Sequence[str]]) -> int:
    """How many cells most lines have."""
    return Counter(map(len, lines)).most_common(1)[0][0] if lines else 0


def _header(lines: Sequence[Sequence[str]]) -> int:
    """The place of the line with the names of columns: titles above it have few cells."""
    width = _width(lines)
    if not lines or len(lines[0]) > width / 2:
        return 0
    return next((place for place, cells in enumerate(lines) if len(cells) == width), 0)


def _are_values(lines: Sequence[Sequence[str]]) -> bool:
    """Whether the first line has values as those below it have, and no names."""
    first, below = lines[0], [cells for cells in lines[1:_FEW] if len(cells) == len(lines[0])]
    for place, cell in enumerate(first):
        kind = next((form for form in VALUES.values() if form.fullmatch(cell.strip())), None)
        given = [cells[place].strip() for cells in below if cells[place].strip().lower() not in NOTHING_WORDS]
        if kind and all(kind.fullmatch(text) for text in given):
            return True
    return False
