"""Many small NDJSON drops as one file: an engine takes longer to open a file than to read the few lines of such a drop.

Each line stands behind the number of its drop and the number of lines before the first of its drop, which `ingest/lines` takes off again.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ads_pipeline.errors import NotFetchedError
from ads_pipeline.pipeline.staging.items import Item
from ads_pipeline.pipeline.staging.table import Staging

SMALL = 64 << 10
"""Bytes of a drop from which it is read in place."""


def is_small(item: Item) -> bool:
    """Whether a drop of NDJSON may be read together with others: what is compressed may hold much more."""
    return item.kind == "ndjson" and not item.form.compression and item.entry.drop.size <= SMALL and not item.copied_as


@contextmanager
def as_one(staging: Staging, items: Sequence[Item], folder: Path) -> Iterator[Path]:
    """A file of all lines of drops, while it is needed; one that cannot be read is refused."""
    path, before = folder / f"together-{items[0].number}-{len(items)}", 0
    with path.open("wb") as file:
        for item in items:
            try:
                content = item.path.read_bytes()
            except OSError as error:
                reason = f"it cannot be read ({error.strerror}); the next ingest tries again"
                staging.refuse(item.entry.drop.name, NotFetchedError(reason))
                continue
            text = content.removesuffix(b"\n")
            mark = b"\n%07d%012d" % (item.number, before)
            file.write(mark[1:] + text.replace(b"\n", mark) + b"\n")
            before += text.count(b"\n") + 1
    yield path
    path.unlink()
