"""Write a landed drop anew without some of its lines."""

from collections.abc import Sequence
from pathlib import Path

from ads_pipeline.errors import DropError
from ads_pipeline.landing import DAMAGED, Drop, Format
from ads_pipeline.landing.blanking import Pattern, Records, blank, holds, line_feeds
from ads_pipeline.pipeline.ledger import Entry
from ads_pipeline.pipeline.source_heads import PLAIN, TextFormat, source_head
from ads_pipeline.pipeline.sources import source_files
from ads_pipeline.pipeline.staging.items import Item
from ads_pipeline.pipeline.staging.text import as_plain, is_plain
from ads_pipeline.settings import Settings

TEXTS = ("ndjson", "csv", "tsv")


def holds_text(path: Path, drop: Drop, pattern: Pattern) -> bool:
    """Whether an id stands anywhere in the text of a drop; False for one that is no text, or damaged."""
    try:
        return drop.format.name in TEXTS and holds(path, drop.format, pattern)
    except (*DAMAGED, OSError):
        return False


def rewritten(settings: Settings, drop: Drop, path: Path, numbers: Sequence[int], pattern: Pattern | None, folder: Path) -> Path:
    """A copy of a drop in its format and compression, without the lines of these numbers and those that hold an id.

    Lines of a text become blank, so that all others keep their numbers.

    Raises:
        DropError: this cannot be done for its format.
    """
    copy = folder / f"rewritten.{drop.format.name}{f'.{drop.format.compression}' if drop.format.compression else ''}"
    if drop.format.name not in TEXTS:
        raise DropError(f"{len(numbers)} lines: a drop of the format {drop.format.name or '(unknown)'} is not written anew")
    try:
        records = _records(settings, drop, path, folder)
        return blank(path, drop.format, records, numbers, pattern, copy)
    except (*DAMAGED, OSError) as error:
        raise DropError(f"it cannot be written anew ({error})") from error


def _records(settings: Settings, drop: Drop, path: Path, folder: Path) -> Records:
    """How the records of a text stand in it: what its source says of quotes, header and lines at the top."""
    source = source_files(settings).get(drop.source)
    text: TextFormat = source_head(drop.source, source).format if source else PLAIN
    item = Item(1, Entry(drop), path, text=text)
    if "\n\"'".encode(text.encoding, errors="replace") != b"\n\"'":
        raise DropError(f"a text in {text.encoding} is not written anew")
    top = 0
    if not is_plain(text, drop.format):
        plain = as_plain(path, drop.format, text, folder / "plain")
        top = line_feeds(path, drop.format) - line_feeds(plain, Format(drop.format.name, ""))
        plain.unlink()
    is_csv = item.kind == "csv"
    return Records(item.cells.quote if is_csv else "", 1 - top - (1 if is_csv and item.cells.header else 0))
