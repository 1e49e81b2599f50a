"""The columns of a CSV drop: those that its header names, and room for cells beyond them, so that quarantine keeps a record whole."""

import csv
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Sequence
from typing import Any

from ads_pipeline.errors import DropError, EngineError
from ads_pipeline.landing import DAMAGED, open_drop
from ads_pipeline.pipeline.staging.items import Cells, Item, structure_of
from ads_pipeline.text import visible
from ads_pipeline.warehouse.error_codes import THROWN

LONGEST_HEADER = 1 << 20
"""Bytes of a CSV drop's header."""

ROOM = (4, 64, 1024)
"""Columns beyond the header: the first number is enough for most drops, and each costs time. The last must never be filled."""


def csv_names(item: Item) -> tuple[str, ...]:
    """The names of the columns of a CSV drop: those that its source or its header gives; one without a name is named by its place.

    Raises:
        DropError: the header cannot be read, is empty, or names a column twice.
    """
    if item.text.columns:
        return item.text.columns
    cells = item.cells
    header = ""
    quoting: dict[str, Any] = {"quotechar": cells.quote} if cells.quote else {"quoting": csv.QUOTE_NONE}
    try:
        with open_drop(item.path, item.form) as file:
            header = file.readline(LONGEST_HEADER).decode(errors="strict" if cells.header else "replace").lstrip("\ufeff")
        reader = csv.reader([header], strict=cells.header, skipinitialspace=True, delimiter=cells.delimiter, **quoting)
        names = [name.strip() if cells.header else "" for name in next(reader, [])]
    except UnicodeDecodeError as error:
        encoding = "utf-16" if error.object.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "cp1252"
        raise DropError(f'its header is not UTF-8: say `-- format: encoding = "{encoding}"` in its source ({error})') from error
    except (*DAMAGED, OSError, csv.Error) as error:
        if "\r" in header.rstrip("\r\n"):
            raise DropError("its lines end in carriage returns alone: let them end in line feeds") from error
        raise DropError(f"its header cannot be read ({error})") from error
    names = [name or f"column_{place}" for place, name in enumerate(names, 1)]
    twice = next((name for place, name in enumerate(names) if name in names[:place]), "")
    if not names or twice:
        what = f"names the column {visible(twice)!r} twice" if twice else "names no column"
        raise DropError(f'its header {what}; or let `-- format: columns = ["…"], header = true` in its source name them')
    return tuple(names)


CELL = "LowCardinality(Nullable(String))"
"""The type that a cell is read as. Newer engines (26.9) read a String wrongly: an empty cell at a line's end, without quotes, takes a space
from the end of the cell above it, whose place in the column they then no longer know."""


def csv_columns(names: Sequence[str], room: int, cells: Cells) -> dict[str, Any]:
    """The parameters of `ingest/lines` for a CSV drop with a header of these names and some columns beyond it."""
    most = len(names) + room
    structure = structure_of((f"c{place}", CELL) for place in range(1, most + 1))
    return {
        "names": list(names),
        "most": most,
        "structure": structure,
        "delimiter": cells.delimiter,
    }


def with_room(stage: Callable[[int], None], rooms: Sequence[int] = ROOM) -> None:
    """Stage with room for some cells beyond the header, and with more if a record has more."""
    for room in rooms:
        try:
            stage(room)
        except EngineError as error:
            if not needs_room(error):
                raise
            if room == rooms[-1]:
                raise DropError(too_wide(room)) from error
        else:
            return


def needs_room(error: EngineError) -> bool:
    """Whether a record had more cells than there was room for. Errors of other kinds may quote the statement, and these words with it."""
    return error.code == THROWN and "more cells than were expected" in str(error)


def too_wide(room: int) -> str:
    """What to say of a drop for which the most room is not enough."""
    return f"a record has {room:,} or more cells beyond the header: check its quotes and its delimiter, and land it again"
