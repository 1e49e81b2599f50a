"""What a person asks of a spool: how it stands, and that what can be got out of it is landed. Works beside a running service."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from ads_pipeline.inbox.frames import HEADER, Damage
from ads_pipeline.inbox.origin import origin_of
from ads_pipeline.inbox.sealing import drop_name, memory_file
from ads_pipeline.inbox.spool import Segment, Spool
from ads_pipeline.landing import DEFAULT_SOURCE, WritableStore
from ads_pipeline.landing.zstd import ZstdFile

STARTS = 20
"""Places of a line where an object may begin that are tried: behind a header and a receipt."""


RECEIPT = 1 << 16
"""Bytes in which a receipt is looked for."""


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
    found = Spool(folder).look()
    kept = {"waiting": found.waiting, "broken": found.broken}
    files = [_described(segment, state) for state, segments in kept.items() for segment in segments]
    return files + [SpoolFile(path.name, "foreign", path.lstat().st_size, 0, 0) for path in found.foreign]


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
    for segment in Spool(folder).look().broken:
        found: dict[str, list[bytes]] = {}
        for data in (item.data for item in segment.frames() if isinstance(item, Damage)):
            found.setdefault(_source(data), []).extend(_events(data))
        landed = {source: lines for source, lines in found.items() if lines}
        names = {source: drop_name(segment, "-salvaged", source) for source in landed}
        for source, lines in landed.items():
            with memory_file() as packed:
                with ZstdFile(packed, "wb") as file:
                    file.write(b"\n".join(lines) + b"\n")
                store.put(names[source], packed)
        segment.path.rename(segment.path.with_suffix(".salvaged"))
        yield segment.path.name, " ".join(names.values()), sum(map(len, landed.values()))


def _source(data: bytes) -> str:
    """The source that a damaged frame was sent to, by its receipt; `events` if that cannot be read."""
    with suppress(ValueError):
        receipt, _ = json.JSONDecoder().raw_decode(data[HEADER.size : HEADER.size + RECEIPT].decode("latin-1"))
        if isinstance(receipt, dict) and "key" in receipt:
            return origin_of(receipt).source
    return DEFAULT_SOURCE


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
