"""A drop on its way into a staging table: its number in the batch, its local file, the columns that its header names."""

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ads_pipeline.errors import DropError
from ads_pipeline.landing import open_drop
from ads_pipeline.pipeline.ledger import Entry

K = TypeVar("K", bound=Hashable)

REMEDY = "fix it and land it again, or try again with `ads drops retry`"

LARGE = 8 << 20
"""Size of a drop, in bytes as stored, from which it is staged by a statement of its own."""

LONGEST_HEADER = 1 << 20
"""Bytes of a CSV drop's header."""


@dataclass(frozen=True, slots=True)
class Item:
    """A drop with its number in the batch, and its bytes as a local file if they were fetched."""

    number: int
    entry: Entry
    file: Path | None

    @property
    def path(self) -> Path:
        """The local file of a drop that was fetched."""
        assert self.file
        return self.file

    @property
    def kind(self) -> str:
        """Its format without the compression: `ndjson`, `csv` or `parquet`."""
        return self.entry.drop.format.name


def grouped(items: Iterable[Item], key: Callable[[Item], K]) -> Iterable[tuple[K, list[Item]]]:
    """Drops with the same key together, in the order of the first of them."""
    groups: dict[K, list[Item]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return groups.items()


def csv_structure(item: Item) -> str:
    """The columns of a CSV drop for the engine, each of them text, as its header names them; one without a name is named by its place.

    Raises:
        DropError: the header cannot be read, is empty, or names a column twice.
    """
    try:
        with open_drop(item.path, item.entry.drop.format) as file:
            header = file.readline(LONGEST_HEADER).decode("utf-8-sig")
        names = [name.strip() for name in next(csv.reader([header], strict=True, skipinitialspace=True), [])]
    except (OSError, EOFError, ValueError, csv.Error) as error:
        raise DropError(f"its header cannot be read ({error})") from error
    names = [name or f"column_{place}" for place, name in enumerate(names, 1)]
    if not names or len(set(names)) < len(names):
        raise DropError(f"its header names a column twice, or none at all: {header.strip()[:200]!r}")
    return structure_of((name, "Nullable(String)") for name in names)


def structure_of(columns: Iterable[tuple[str, str]]) -> str:
    """Names and types of columns in the engine's notation."""
    return ", ".join("`" + name.replace("\\", "\\\\").replace("`", "\\`") + f"` {kind}" for name, kind in columns)


def reason_of(error: Exception, remedy: str = f"; {REMEDY}") -> str:
    """An error's message without the paths of this run, followed by what to do."""
    text = str(error).split(": While reading from")[0].split(": (in file/uri")[0].split(": While executing")[0]
    text = re.sub(r"Code: \d+\. DB::Exception: ", "", text).replace("\n", " ").strip()
    return f"{text[:500]}{remedy}"
