"""What is done to the bytes of a drop before an engine reads them: copies where it could not, or would read less without a word."""

from dataclasses import replace
from pathlib import Path

from ads_pipeline.errors import DropError
from ads_pipeline.landing import Format, decompress, is_whole_zstd, recompress, without_padding
from ads_pipeline.pipeline.staging.bounds import TEXTS, Meter, check_bounds
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
    if item.is_text and not is_plain(item.text, form):
        check_bounds(item.path, form, meter)
        return replace(item, file=as_plain(item.path, form, item.text, copy), copied_as=Format(form.name, ""))
    if form.name in ("orc", "arrow") and form.compression:
        return replace(item, file=decompress(item.path, form, copy, meter.add), copied_as=Format(form.name, ""))
    if form.compression == "bz2":
        return replace(item, file=recompress(item.path, copy, meter.add), copied_as=Format(form.name, "zst"))
    if form.compression == "zst" and not is_whole_zstd(item.path):
        raise DropError("truncated, or not Zstandard at all")
    whole = replace(item, file=without_padding(item.path, copy)) if form.compression == "gz" else item
    check_bounds(whole.path, form, meter)
    return whole
