"""What a person asks of a spool: how it stands, and that what can be got out of it is landed. Works beside a running service."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from ads_pipeline.inbox.frames import HEADER, Damage
from ads_pipeline.inbox.sealing import drop_name, memory_file
from ads_pipeline.inbox.spool import Segment, Spool
from ads_pipeline.landing import WritableStore
from ads_pipeline.landing.zstd import ZstdFile

STARTS = 20
"""Places of a line where an object may begin that are tried: behind a header and a receipt."""


@dataclass(frozen=True, slots=True)
class SpoolFile:
    """A file of a spool: `state` is waiting, broken or foreign; `damage` counts the places that are not sound."""

    name: str
    state: str
    size: int
    requests: int
    damage: int


def look(folder: Path) -> list[SpoolFile]:
    """All files of a spool that hold events or do not belong there; nothing is changed."""
    spool = Spool(folder)
    kept = {"waiting": spool.waiting(), "broken": spool.broken()}
    files = [_described(segment, state) for state, segments in kept.items() for segment in segments]
    return files + [SpoolFile(path.name, "foreign", path.lstat().st_size, 0, 0) for path in spool.foreign()]


def _described(segment: Segment, state: str) -> SpoolFile:
    items = list(segment.frames())
    damage = sum(isinstance(item, Damage) for item in items)
    return SpoolFile(segment.path.name, state, segment.size, len(items) - damage, damage)


def salvage(folder: Path, store: WritableStore) -> Iterator[tuple[str, str, int]]:
    """Land the lines that stand in what is damaged of broken segments, as drops; then the segment is `.salvaged`, and kept.

    An event that was sealed with the rest is in two drops then, and counts once, as any event that is sent again.

    Yields:
        Each segment, the drop that was landed (empty: nothing was found) and its number of events.
    """
    for segment in Spool(folder).broken():
        lines = [line for item in segment.frames() if isinstance(item, Damage) for line in _events(item.data)]
        name = drop_name(segment, "-salvaged") if lines else ""
        if lines:
            with memory_file() as packed:
                with ZstdFile(packed, "wb") as file:
                    file.write(b"\n".join(lines) + b"\n")
                store.put(name, packed)
        segment.path.rename(segment.path.with_suffix(".salvaged"))
        yield segment.path.name, name, len(lines)


def _events(data: bytes) -> Iterator[bytes]:
    """The lines that are JSON objects, also behind the header and receipt of a frame; the contract judges them when they are loaded."""
    for line in data[HEADER.size :].split(b"\n"):
        starts = [found.start() for found in islice(re.finditer(rb'\{"', line), STARTS)]
        yield from next(([line[start:]] for start in starts if _is_object(line[start:])), [])


def _is_object(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return False
    return True
