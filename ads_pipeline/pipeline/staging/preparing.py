"""What is done to the bytes of a drop before an engine reads them: copies where it could not, or would read less without a word."""

from dataclasses import replace
from pathlib import Path

from ads_pipeline.errors import DropError
from ads_pipeline.landing import START, Format, decompress, first_bytes, is_whole_zstd, kind_of, recompress, without_padding
from ads_pipeline.pipeline.staging.bounds import TEXTS, Meter, check_bounds
from ads_pipeline.pipeline.staging.framing import as_lines, framing_of_file
from ads_pipeline.pipeline.staging.items import Item
from ads_pipeline.pipeline.staging.text import as_plain, is_plain
from ads_pipeline.settings import Settings


def prepared(item: Item, folder: Path, settings: Settings) -> Item:
    """A fetched drop whose local file every engine reads right, and that holds no more than the settings allow.

    Args:
        folder: for a copy, if one is needed.

    Raises:
        DropError: it is damaged, or holds too much.
    """
    form, copy = item.form, folder / f"copy-{item.number}"
    meter = Meter(settings, item.path.stat().st_size, form.name in TEXTS)
    if item.is_text:
        _check_is_text(item)
    if item.is_text and not is_plain(item.text, form):
        check_bounds(item.path, form, meter)
        plain = replace(item, file=as_plain(item.path, form, item.text, copy), copied_as=Format(form.name, ""))
        return _in_lines(plain, folder, settings) or plain
    if in_lines := _in_lines(item, folder, settings):
        return in_lines
    if form.name in ("parquet", "orc", "arrow") and form.compression:
        item = replace(item, file=decompress(item.path, form, copy, meter.add), copied_as=Format(form.name, ""))
        form = item.form
    if form.compression == "bz2":
        return replace(item, file=recompress(item.path, copy, meter.add), copied_as=Format(form.name, "zst"))
    if form.compression == "zst" and not is_whole_zstd(item.path):
        raise DropError("truncated, or not Zstandard at all")
    whole = replace(item, file=without_padding(item.path, copy)) if form.compression == "gz" else item
    check_bounds(whole.path, form, meter)
    return _with_times_of_day(whole, folder) if form.name == "parquet" else whole


def _with_times_of_day(item: Item, folder: Path) -> Item:
    """A Parquet drop; as an Arrow stream if there are times of day in it."""
    import pyarrow as pa  # not needed for other formats
    import pyarrow.parquet as pq

    from ads_pipeline.pipeline.staging.arrow import arrow_schema, arrow_stream
    from ads_pipeline.pipeline.staging.sent_types import has_times_of_day

    try:
        if not has_times_of_day(pq.read_schema(item.path)):
            return item
        copy = folder / f"times-{item.number}"
        with copy.open("wb") as file:
            file.writelines(arrow_stream(item.path, "parquet", arrow_schema(item.path, "parquet")))
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        return item  # damaged: whoever reads it reports that
    return replace(item, file=copy, copied_as=Format("arrow", ""))


def _check_is_text(item: Item) -> None:
    """Say what a drop is that is called text and is none: a spreadsheet, a file that was compressed twice."""
    if kind := kind_of(first_bytes(item.path, item.form, START)):
        raise DropError(f"its first bytes are those of {kind}, and not of text: land it under the name of what it is, or as text")


def _in_lines(item: Item, folder: Path, settings: Settings) -> Item | None:
    """A drop of JSON whose records are no lines, with a copy in which they are; None for any other."""
    framing = framing_of_file(item.path, item.form) if item.kind == "ndjson" else None
    if framing is None:
        return None
    meter = Meter(settings, item.entry.drop.size, is_text=True)
    copy = as_lines(item.path, item.form, framing, folder / f"lines-{item.number}", meter)
    return replace(item, file=copy, copied_as=Format("ndjson", "")) if copy else None
