"""Drops that the engine reads in place from local files: one statement for drops of the same source, format and columns.

If it fails, the group is halved, so that one bad drop costs a few more statements and no other drop.
"""

import tempfile
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from ads_pipeline.errors import DropError, EngineError
from ads_pipeline.pipeline.staging.formats import Reading
from ads_pipeline.pipeline.staging.items import Item, csv_structure
from ads_pipeline.pipeline.staging.table import Staging
from ads_pipeline.warehouse.statements import statement
from ads_pipeline.warehouse.warehouse import Warehouse

K = TypeVar("K", bound=Hashable)


def stage(staging: Staging, items: Sequence[Item], folder: Path, progress: Callable[[int, int], None]) -> None:
    """Stage drops that lie in local files."""
    by_form = _grouped(items, lambda item: (item.entry.drop.source, item.kind, item.entry.drop.format.compression))
    for (source, kind, _), group in by_form:
        if kind == "ndjson":
            _stage_group(staging, source, group, folder)
        elif kind == "csv":
            for structure, alike in _grouped(group, lambda item: _or_blamed(staging, item, csv_structure)):
                if structure:
                    _stage_group(staging, source, alike, folder, structure=f"{structure}, surplus Nullable(String)")
        else:
            for schema, alike in _grouped(group, lambda item: _or_blamed(staging, item, lambda one: _schema(staging, one, folder))):
                if schema:
                    _stage_group(staging, source, alike, folder)
        progress(sum(item.entry.drop.size for item in group), len(group))


def _grouped(items: Iterable[Item], key: Callable[[Item], K]) -> Iterable[tuple[K, list[Item]]]:
    groups: dict[K, list[Item]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return groups.items()


def _or_blamed(staging: Staging, item: Item, look: Callable[[Item], str]) -> str:
    """What a look at a drop finds; empty when the drop cannot be read, and then it is blamed."""
    try:
        return look(item)
    except (EngineError, DropError) as error:
        staging.blame(item, error)
        return ""


def _schema(staging: Staging, item: Item, folder: Path) -> str:
    """The columns of a Parquet drop, as a text that is the same for files that can be read together."""
    with _linked([item], folder) as path:
        return str(staging.warehouse.rows(statement("ingest/parquet_schema"), path=path))


def _stage_group(staging: Staging, source: str, group: Sequence[Item], folder: Path, **parameters: Any) -> None:
    reading = Reading(group[0].kind, "files")

    def judge(items: Sequence[Item]) -> None:
        with _linked(items, folder) as path:
            staging.judge(source, reading.lines, reading.settings, path=path, **parameters)

    staging.by_halves(group, judge)


def first_lines(warehouse: Warehouse, item: Item, folder: Path, numbers: Sequence[int]) -> dict[int, str]:
    """Some of the first lines of a drop by their numbers, as they are read, before any source.

    Args:
        folder: for links, while the drop is read.
    """
    reading = Reading(item.kind, "files")
    parameters = {"structure": f"{csv_structure(item)}, surplus Nullable(String)"} if item.kind == "csv" else {}
    with _linked([item], folder) as path:
        sql = statement("preview/lines", lines=reading.lines, reading=reading.settings)
        rows = warehouse.rows(sql, path=path, numbers=list(numbers), limit=len(numbers), **parameters)
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
