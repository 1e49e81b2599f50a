"""Drops that the engine reads in place from local files: one statement for drops of the same source, format and columns.

If it fails, the group is halved, so that one bad drop costs a few more statements and no other drop.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from ads_pipeline.errors import DropError, EngineError
from ads_pipeline.pipeline.staging.avro import structure_of_avro
from ads_pipeline.pipeline.staging.cells import ROOM, csv_columns, csv_names, with_room
from ads_pipeline.pipeline.staging.formats import Reading
from ads_pipeline.pipeline.staging.items import Item, grouped
from ads_pipeline.pipeline.staging.preparing import prepared
from ads_pipeline.pipeline.staging.table import Staging
from ads_pipeline.pipeline.staging.together import as_one, is_small
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.statements import NOTHING, statement
from ads_pipeline.warehouse.warehouse import Warehouse

Found = TypeVar("Found")

FEW = 8
"""Small drops from which they are read together."""

VIRTUAL = {"_file", "_row_number"}
"""Columns that the engine adds to those of a file, and that are needed here."""


def stage(staging: Staging, items: Sequence[Item], folder: Path, progress: Callable[[int, int], None]) -> None:
    """Stage drops that lie in local files."""
    for (source, *_), group in grouped(items, lambda item: (item.entry.drop.source, item.form, item.line_form)):
        kind = group[0].kind
        if kind == "ndjson":
            _stage_lines(staging, source, group, folder)
        elif kind == "arrow":
            _stage_streams(staging, source, group, folder)
        elif kind == "csv":
            for names, alike in grouped(group, lambda item: _or_blamed(staging, item, csv_names)):
                if names:
                    _stage_csv(staging, source, alike, folder, names)
        else:
            _stage_tables(staging, source, group, folder)
        progress(sum(item.entry.drop.size for item in group), len(group))


def _stage_lines(staging: Staging, source: str, group: Sequence[Item], folder: Path) -> None:
    """NDJSON drops, the small ones together."""
    small = [item for item in group if is_small(item)]
    if len(small) < FEW:
        _stage_group(staging, source, group, folder)
        return
    reading = Reading("ndjson", "together")

    def judge(items: Sequence[Item]) -> None:
        with as_one(staging, items, folder) as path:
            staging.judge(source, items, reading.lines, reading.settings, path=str(path))

    staging.by_halves(small, judge)
    if large := [item for item in group if not is_small(item)]:
        _stage_group(staging, source, large, folder)


def _stage_tables(staging: Staging, source: str, group: Sequence[Item], folder: Path) -> None:
    """Parquet or Avro drops."""
    for schema, alike in grouped(group, lambda item: _or_blamed(staging, item, lambda one: _schema(staging.warehouse, one, folder))):
        if schema:
            stage = _stage_each if VIRTUAL & schema.names else _stage_group
            stage(staging, source, alike, folder, **schema.parameters)


def _or_blamed(staging: Staging, item: Item, look: Callable[[Item], Found]) -> Found | None:
    """What a look at a drop finds; None when the drop cannot be read, and then it is blamed."""
    try:
        return look(item)
    except (EngineError, DropError) as error:
        staging.blame(item, error)
        return None


@dataclass(frozen=True, slots=True)
class _Schema:
    """The columns of a Parquet or an Avro drop; `text` is the same for files that can be read together, `structure` is for Avro."""

    names: frozenset[str]
    text: str
    structure: str

    @property
    def parameters(self) -> dict[str, Any]:
        """Those of `ingest/lines`."""
        return {"structure": self.structure} if self.structure else {}


def _schema(warehouse: Warehouse, item: Item, folder: Path) -> _Schema:
    with _linked([item], folder) as path:
        rows = warehouse.rows(statement("ingest/file_schema", avro=item.kind == "avro"), path=path)
    structure = structure_of_avro(rows) if item.kind == "avro" else ""
    return _Schema(frozenset(row["name"] for row in rows), str(rows), structure)


def _stage_group(staging: Staging, source: str, group: Sequence[Item], folder: Path, **parameters: Any) -> None:
    reading = Reading(group[0].kind, "files")

    def judge(items: Sequence[Item]) -> None:
        with _linked(items, folder) as path:
            staging.judge(source, items, reading.lines, reading.settings, path=path, **parameters)

    staging.by_halves(group, judge)


def _stage_csv(staging: Staging, source: str, group: Sequence[Item], folder: Path, names: Sequence[str]) -> None:
    def judge(items: Sequence[Item]) -> None:
        def judge_with(room: int) -> None:
            reading = Reading("csv", "files", wide=room > ROOM[0], cells=group[0].cells)
            staging.judge(source, items, reading.lines, reading.settings, path=path, **csv_columns(names, room, group[0].cells))

        with _linked(items, folder) as path:
            with_room(judge_with)

    staging.by_halves(group, judge)


def _stage_each(staging: Staging, source: str, group: Sequence[Item], folder: Path, **parameters: Any) -> None:
    """Drops with columns that hide the engine's own: one at a time, numbered by the order of their rows."""
    reading = Reading(group[0].kind, "alone")

    def judge(items: Sequence[Item]) -> None:
        with _linked(items, folder) as path:
            staging.judge(source, items, reading.lines, reading.settings, path=path, drop_no=items[0].number, **parameters)

    for item in group:
        staging.by_halves([item], judge)


def _stage_streams(staging: Staging, source: str, group: Sequence[Item], folder: Path) -> None:
    """ORC and Arrow drops: an Arrow stream is made of each, gathered, and all of them are judged together."""
    reading, place = Reading("arrow", "alone"), staging.warehouse
    with staging.gathered(place) as gathered:
        sql = statement("ingest/gather", gathered=gathered, lines=reading.lines, reading=reading.settings, body=NOTHING)

        def gather(item: Item) -> Item:
            streamed = as_stream(item, folder)
            with _linked([streamed], folder) as path:
                place.run(sql, path=path, drop_no=item.number)
            streamed.path.unlink()
            return streamed

        if whole := [item for item in group if _or_blamed(staging, item, gather)]:
            staging.by_halves(whole, lambda items: staging.judge_gathered(source, items, gathered, place))


def as_stream(item: Item, folder: Path) -> Item:
    """An ORC or Arrow drop with an Arrow stream as its local file.

    Raises:
        DropError: it is damaged.
    """
    # late: it loads pyarrow, which takes a while, and few drops need it
    from ads_pipeline.pipeline.staging.arrow import arrow_schema, arrow_stream, blaming_drop

    path = folder / f"stream-{item.number}"
    with blaming_drop(), path.open("wb") as file:
        file.writelines(arrow_stream(item.path, item.form.name, arrow_schema(item.path, item.form.name)))
    return replace(item, file=path)


def first_lines(warehouse: Warehouse, item: Item, folder: Path, numbers: Sequence[int], settings: Settings) -> dict[int, str]:
    """Some of the first lines of a drop by their numbers, as they are read, before any source.

    Args:
        folder: for links, while the drop is read.
    """
    item = prepared(item, folder, settings)
    if item.kind == "arrow":
        item = as_stream(item, folder)
    is_csv = item.kind == "csv"
    reading = Reading(item.kind, "files" if item.kind in ("ndjson", "csv") else "alone", wide=is_csv, cells=item.cells)
    columns: dict[str, Any] = csv_columns(csv_names(item), ROOM[-1], item.cells) if is_csv else {}
    if item.kind == "avro":
        columns |= _schema(warehouse, item, folder).parameters
    sql = statement("preview/lines", lines=reading.lines, reading=reading.settings)
    with _linked([item], folder) as path:
        rows = warehouse.rows(sql, path=path, drop_no=item.number, numbers=list(numbers), limit=len(numbers), **columns)
    return {row["line_number"]: row["line"] for row in rows}


@contextmanager
def _linked(group: Sequence[Item], folder: Path) -> Iterator[str]:
    """A pattern that matches links to the group's files, each named by its number: whatever the drops are called."""
    with tempfile.TemporaryDirectory(dir=folder, prefix="links-") as links:
        for item in group:
            form = item.form
            ending = f".{form.name}" + (f".{form.compression}" if form.compression else "")
            (Path(links) / f"{item.number:07}{ending}").symlink_to(item.path.absolute())
        yield f"{links}/*"
