"""A drop on its way into the tables of a batch: its number in the batch, its local file, the columns that its header names."""

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ads_pipeline.landing import Format
from ads_pipeline.pipeline.ledger import Entry
from ads_pipeline.pipeline.source_heads import PLAIN, TextFormat
from ads_pipeline.pipeline.staging.uniform import LineForm
from ads_pipeline.text import visible

K = TypeVar("K", bound=Hashable)

REMEDY = "fix it and land it again, or try again with `ads drops retry`"
SOURCE_REMEDY = "fix it, and the next ingest tries this drop again"

LARGE = 8 << 20
"""Size of a drop, in bytes as stored, from which it is staged by a statement of its own."""


_KINDS = {"tsv": "csv", "orc": "arrow"}


@dataclass(frozen=True, slots=True)
class Cells:
    """How the cells of a CSV stand in its text: see `TextFormat`."""

    delimiter: str = ","
    quote: str = '"'
    header: bool = True


COMMAS = Cells()


@dataclass(frozen=True, slots=True)
class Item:
    """A drop with its number in the batch, and its bytes as a local file if they were fetched.

    Args:
        copied_as: the format of the local file, if that is a copy which engines read, in place of the drop's own.
        text: what its source says of its text.
        line_form: that of its first lines, if they all have one.
    """

    number: int
    entry: Entry
    file: Path | None
    copied_as: Format | None = None
    text: TextFormat = PLAIN
    line_form: LineForm | None = None

    @property
    def path(self) -> Path:
        """The local file of a drop that was fetched."""
        assert self.file
        return self.file

    @property
    def form(self) -> Format:
        """The format of its bytes."""
        return self.copied_as or self.entry.drop.format

    @property
    def kind(self) -> str:
        """How its lines are read: `ndjson`, `csv`, `parquet`, `avro`, or `arrow` if it is made an Arrow stream of."""
        return _KINDS.get(self.form.name, self.form.name)

    @property
    def has_short_lines(self) -> bool:
        """Whether its first lines have a form, and are short."""
        return self.line_form is not None and self.line_form.is_short

    @property
    def is_text(self) -> bool:
        """Whether it is text, in some encoding."""
        return self.kind in ("ndjson", "csv")

    @property
    def cells(self) -> Cells:
        """How the cells of a CSV stand in its text."""
        return Cells(self.text.delimiter or ("\t" if self.form.name == "tsv" else ","), self.text.quote, self.text.header)


def grouped(items: Iterable[Item], key: Callable[[Item], K]) -> Iterable[tuple[K, list[Item]]]:
    """Drops with the same key together, in the order of the first of them."""
    groups: dict[K, list[Item]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return groups.items()


def structure_of(columns: Iterable[tuple[str, str]]) -> str:
    """Names and types of columns in the engine's notation."""
    return ", ".join("`" + name.replace("\\", "\\\\").replace("`", "\\`") + f"` {kind}" for name, kind in columns)


def reason_of(error: Exception, remedy: str = f"; {REMEDY}") -> str:
    """An error's message without the paths of this run, followed by what to do."""
    text = re.split(r": While reading from|: \(in file/uri|: [Ww]hile executing", str(error))[0]
    text = re.sub(r"Code: \d+\. DB::Exception: ", "", text).strip()
    return f"{_plainly(text)[:500]}{remedy}"


def _plainly(text: str) -> str:
    """What an engine says of a file, in the words of people who have the file."""
    if behind := re.search(r"expected '.{1,2}' before: '(.*?)':? \(at row (\d+)\)", text, re.DOTALL):
        rest = visible(re.split(r"\n|\\n", behind[1])[0].strip()[:40])
        return (
            f"near record {behind[2]}, a cell in quotes is followed by {rest!r} and not by the next cell: a quote within such a cell is "
            'doubled; where quotes are letters like others, say `-- format: quote = ""` in its source'
        )
    text = text.replace("\n", " ")
    if re.match(r"inflate failed|lzma_stream_decoder failed", text):
        return f"it is truncated or damaged, or has another compression than its name says ({text})"
    text = re.sub(r"^The table structure cannot be extracted from an? (\w+) format file\. +Error: +", r"as \1: ", text)
    text = re.sub(r"std::exception\. Code: \d+, type: [\w:]+, e\.what\(\) = ", "", text)
    return re.sub(r"\.? +(?:\([A-Z_]+\) )?\(version .*?You can specify the structure manually.*", "", text)


def is_large(items: Iterable[Item]) -> bool:
    """Whether drops are large together: what it takes to plan one more statement is then little beside them."""
    return sum(item.entry.drop.size for item in items) >= LARGE
