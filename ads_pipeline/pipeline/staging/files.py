"""Drops that the engine reads in place from local files: one statement for drops of the same source, format and columns.

If it fails, the group is halved, so that one bad drop costs a few more statements and no other drop.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ads_pipeline.errors import DropError, EngineError
from ads_pipeline.pipeline.staging.cells import ROOM, csv_columns, csv_names, with_room
from ads_pipeline.pipeline.staging.formats import Reading
from ads_pipeline.pipeline.staging.items import Item, grouped
from ads_pipeline.pipeline.staging.table import Staging
from ads_pipeline.warehouse.statements import statement
from ads_pipeline.warehouse.warehouse import Warehouse

Found = TypeVar("Found")

VIRTUAL = {"_file", "_row_number"}
"""Columns that the engine adds to those of a file, and that are needed here."""


def stage(staging: Staging, items: Sequence[Item], folder: Path, progress: Callable[[int, int], None]) -> None:
    """Stage drops that lie in local files."""
    by_form = grouped(items, lambda item: (item.entry.drop.source, item.kind, item.entry.drop.format.compression))
    for (source, kind, _), group in by_form:
        if kind == "ndjson":
            _stage_group(staging, source, group, folder)
        elif kind == "csv":
            for names, alike in grouped(group, lambda item: _or_blamed(staging, item, csv_names)):
                if names:
                    _stage_csv(staging, source, alike, folder, names)
        else:
            for schema, alike in grouped(group, lambda item: _or_blamed(staging, item, lambda one: _schema(staging, one, folder))):
                if schema is None:
                    continue
                if VIRTUAL & schema.names:
                    _stage_each(staging, source, alike, folder)
                else:
                    _stage_group(staging, source, alike, folder)
        progress(sum(item.entry.drop.size for item in group), len(group))


def _or_blamed(staging: Staging, item: Item, look: Callable[[Item], Found]) -> Found | None:
    """What a look at a drop finds; None when the drop cannot be read, and then it is blamed."""
    try:
        return look(item)
    except (EngineError, DropError) as error:
        staging.blame(item, error)
        return None


@dataclass(frozen=True, slots=True)
class _Schema:
    """The columns of a Parquet drop; `text` is the same for files that can be read together."""

    names: frozenset[str]
    text: str


def _schema(staging: Staging, item: Item, folder: Path) -> _Schema:
    with _linked([item], folder) as path:
        rows = staging.warehouse.rows(statement("ingest/parquet_schema"), path=path)
    return _Schema(frozenset(row["name"] for row in rows), str(rows))


def _stage_group(staging: Staging, source: str, group: Sequence[Item], folder: Path) -> None:
    reading = Reading(group[0].kind, "files")

    def judge(items: Sequence[Item]) -> None:
        with _linked(items, folder) as path:
            staging.judge(source, items, reading.lines, reading.settings, path=path)

    staging.by_halves(group, judge)


def _stage_csv(staging: Staging, source: str, group: Sequence[Item], folder: Path, names: Sequence[str]) -> None:
    def judge(items: Sequence[Item]) -> None:
        def judge_with(room: int) -> None:
            reading = Reading("csv", "files", wide=room > ROOM[0])
            staging.judge(source, items, reading.lines, reading.settings, path=path, **csv_columns(names, room))

        with _linked(items, folder) as path:
            with_room(judge_with)

    staging.by_halves(group, judge)


def _stage_each(staging: Staging, source: str, group: Sequence[Item], folder: Path) -> None:
    """Parquet drops with columns that hide the engine's own: one at a time, numbered by the order of their rows."""
    reading = Reading("parquet", "alone")

    def judge(items: Sequence[Item]) -> None:
        with _linked(items, folder) as path:
            staging.judge(source, items, reading.lines, reading.settings, path=path, drop_no=items[0].number)

    for item in group:
        staging.by_halves([item], judge)


def first_lines(warehouse: Warehouse, item: Item, folder: Path, numbers: Sequence[int]) -> dict[int, str]:
    """Some of the first lines of a drop by their numbers, as they are read, before any source.

    Args:
        folder: for links, while the drop is read.
    """
    is_csv = item.kind == "csv"
    reading = Reading(item.kind, "alone" if item.kind == "parquet" else "files", wide=is_csv)
    columns = csv_columns(csv_names(item), ROOM[-1]) if is_csv else {}
    sql = statement("preview/lines", lines=reading.lines, reading=reading.settings)
    with _linked([item], folder) as path:
        rows = warehouse.rows(sql, path=path, drop_no=item.number, numbers=list(numbers), limit=len(numbers), **columns)
    return {row["line_number"]: row["line"] for row in rows}


@contextmanager
def _linked(group: Sequence[Item], folder: Path) -> Iterator[str]:
    """A pattern that matches links to the group's files, each named by its number: whatever the drops are called."""
    with tempfile.TemporaryDirectory(dir=folder, prefix="links-") as links:
        for item in group:
            form = item.entry.drop.format
            ending = f".{form.name}" + (f".{form.compression}" if form.compression else "")
            (Path(links) / f"{item.number:07}{ending}").symlink_to(item.path.absolute())
        yield f"{links}/*"
