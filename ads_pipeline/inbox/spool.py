"""Acknowledged requests on disk until they are sealed into drops: a folder that all workers of a host append to.

The folder holds *segments*: `<microseconds>-<host>.open` (one at a time, appended to) and `.closed` (waiting to be sealed). A
segment is a sequence of *frames* (see `frames`), one per request. Workers append under a lock, so frames are in the order in which
requests were acknowledged. Only the last frame can be cut short, when a worker died or the disk filled up: it was never acknowledged,
and the next append cuts it off. Any other bytes that are not a frame are damage: nothing is appended after them, and the segment is
kept as `.broken` when the rest of it has been sealed. Other files in the folder are foreign, and left alone.
"""

import fcntl
import json
import logging
import os
import re
import time
import uuid
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import Any

from ads_pipeline.durable import make_folder, sync
from ads_pipeline.inbox.frames import HEADER, Damage, Frame, heads, is_torn, read_frames

log = logging.getLogger(__name__)

_NAME = re.compile(r"\d{16,17}-[0-9a-f]{8}", re.ASCII)
_KINDS = ("open", "closed", "broken")
_OWN = re.compile(r"lock|seal\.lock|host|\.host-.*|receipts\..*|ballast|[^/]*\.(broken|salvaged|zst)")


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment file; its name says when it was begun."""

    path: Path

    @property
    def name(self) -> str:
        """Its name without the suffix: the same from open to sealed."""
        return self.path.stem

    @property
    def begun(self) -> float:
        """Seconds since 1970."""
        return int(self.name.partition("-")[0]) / 1_000_000

    @property
    def size(self) -> int:
        """Its bytes; 0 if it has been sealed meanwhile."""
        return self.path.stat().st_size if self.path.exists() else 0

    def frames(self) -> Iterator[Frame | Damage]:
        """Its frames, in order; what is damaged is told apart. A last frame that is cut short was never acknowledged, and is left out."""
        with self.path.open("rb") as file:
            yield from read_frames(file.fileno())


class OpenSegment:
    """The segment that is appended to; it stays open for as long as anybody has it, so that a thread may sync what another appended."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name, self.path = name, folder / f"{name}.open"
        self.handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def __del__(self) -> None:
        """Close it."""
        if hasattr(self, "handle"):
            os.close(self.handle)

    def sync(self) -> None:
        """Return when all that was appended, or found there, is on disk.

        Raises:
            OSError: the disk fails.
        """
        os.fdatasync(self.handle)


@dataclass(slots=True)
class Contents:
    """What is in a spool's folder, in the order of names.

    Attributes:
        open: the segment that is appended to, if there is one.
        closed: those that wait to be sealed, oldest first.
        broken: those that were damaged, and are kept for `ads spool salvage`.
        foreign: what is not the spool's: left alone.
    """

    open: list[Segment] = field(default_factory=list)
    closed: list[Segment] = field(default_factory=list)
    broken: list[Segment] = field(default_factory=list)
    foreign: list[Path] = field(default_factory=list)

    @property
    def waiting(self) -> list[Segment]:
        """The segments whose events are in no drop yet."""
        return [*self.closed, *self.open]


class Spool:
    """The spool as one worker sees it. Not for several threads, except `closed`."""

    def __init__(self, folder: Path) -> None:
        make_folder(folder)
        self.folder = folder
        self.host = _host(folder)
        self.receipts: dict[str, dict[str, Any]] = {}
        self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._file: OpenSegment | None = None
        self._read = 0
        self._taken = 0.0
        self._seen: dict[str, float] = {}

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock; within it, `receipts` has the receipts of all frames that are not sealed, by segment and key."""
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        try:
            self._follow()
            yield
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def _follow(self) -> None:
        """Catch up with what other workers have appended, closed or sealed since."""
        self._read_on()
        if self._file and self._file.path.exists() and not self._cut_off():
            return  # no other segment was begun since, and so none closed
        found = self.look()
        current = next((segment.name for segment in found.open), "")
        if current != self.current:
            self._file = None
            if current:
                self._take(current)
                sync(self.folder)  # the worker that made it may have died before its own sync
                self._read_on(verified=True)  # it may have been written before power was lost
        if self._cut_off():
            found = self.look()
        waiting = {segment.name: segment for segment in found.closed}
        self.receipts = {name: found for name, found in self.receipts.items() if name == self.current or name in waiting}
        for name in waiting.keys() - self.receipts.keys():
            self.receipts[name] = _receipts_of(waiting[name])

    def _cut_off(self) -> bool:
        """Leave nothing after the last whole frame of the open segment: cut off a torn end, or close a segment that is damaged.

        Returns whether it was closed.
        """
        if not self._file or not (left := self._size() - self._read):
            return False
        if is_torn(os.pread(self._file.handle, left, self._read)):
            os.ftruncate(self._file.handle, self._read)
            return False
        log.error("%s is damaged from byte %d on: the next events go into another segment", self.current, self._read)
        del self.receipts[self.current]  # read again from the closed segment
        return self.close_segment()

    def _size(self) -> int:
        return os.fstat(self._file.handle).st_size if self._file else 0

    def _take(self, name: str) -> None:
        self._file = OpenSegment(self.folder, name)
        self._read, self._taken = 0, time.monotonic()
        self.receipts[name] = {}

    def _read_on(self, *, verified: bool = False) -> None:
        """Read the receipts of the frames that were appended since the last look."""
        if not self._file or self._size() == self._read:
            return
        handle = self._file.handle
        for head in heads(handle, self._read):
            if verified and zlib.crc32(head.data(handle)) != head.check:
                return
            if head.receipt:
                self._add_receipt(os.pread(handle, head.receipt, head.start + HEADER.size))
            self._read = head.end

    def _add_receipt(self, receipt: bytes) -> None:
        if receipt:
            record = json.loads(receipt)
            if record["key"]:
                self.receipts[self.current][record["key"]] = record

    def append(self, frames: Sequence[Frame]) -> int:
        """Append frames, all or none; only within `locked`. Returns the size of the segment in bytes.

        They are on disk when `file` is synced.

        Raises:
            OSError: the disk is full or fails; nothing was appended.
        """
        if not self._file:
            self._take(f"{time.time_ns() // 1000:016}-{self.host}")
            sync(self.folder)
        assert self._file
        data = memoryview(b"".join(piece for frame in frames for piece in frame.pieces()))
        end = self._read + len(data)
        try:
            while data:
                data = data[os.write(self._file.handle, data) :]
        except OSError:
            os.ftruncate(self._file.handle, self._read)
            raise
        for frame in frames:
            self._add_receipt(frame.receipt)
        self._read = end
        return end

    @property
    def file(self) -> OpenSegment | None:
        """The segment that is appended to; only within `locked`."""
        return self._file

    @property
    def current(self) -> str:
        """Its name; empty if there is none."""
        return self._file.name if self._file else ""

    def close_segment(self, *, age: float = 0, size: int = 0) -> bool:
        """Close the open segment if it is at least so old (seconds) or so large (bytes); only within `locked`. Returns whether it was."""
        if not self._file or (self._read < size and self._age() < age):
            return False
        self._file.sync()
        self._file.path.rename(self._file.path.with_suffix(".closed"))
        sync(self.folder)
        self._file = None
        return True

    def _age(self) -> float:
        """Seconds since the open segment was begun; at least those that this worker has seen go by, whatever the clock says."""
        return max(time.time() - Segment(Path(self.current)).begun, time.monotonic() - self._taken, 0.0)

    def look(self) -> Contents:
        """What is in the folder now."""
        found = Contents()
        with os.scandir(self.folder) as entries:
            for entry in sorted(entries, key=attrgetter("name")):
                stem, _, kind = entry.name.rpartition(".")
                if kind in _KINDS and _NAME.fullmatch(stem) and entry.is_file(follow_symlinks=False):
                    getattr(found, kind).append(Segment(self.folder / entry.name))
                elif not _OWN.fullmatch(entry.name):
                    found.foreign.append(self.folder / entry.name)
        return found

    def closed(self) -> list[Segment]:
        """The segments that wait to be sealed, oldest first."""
        return self.look().closed

    def lag(self, waiting: Sequence[Segment]) -> float:
        """Seconds for which the oldest events that are in no drop yet have waited; 0 if there are none."""
        now, names = time.monotonic(), {segment.name: segment.begun for segment in waiting}
        self._seen = {name: self._seen.get(name, now) for name in names}
        return max((max(time.time() - begun, now - self._seen[name]) for name, begun in names.items()), default=0.0)


def _receipts_of(segment: Segment) -> dict[str, Any]:
    """The receipts of a closed segment by key; none if it has been sealed meanwhile."""
    try:
        found = (item.frame if isinstance(item, Damage) else item for item in segment.frames())
        records = [json.loads(frame.receipt) for frame in found if frame and frame.receipt]
    except FileNotFoundError:
        return {}
    return {record["key"]: record for record in records if record["key"]}


def _host(folder: Path) -> str:
    """Eight hexadecimal digits that tell the drops of this spool from those of other hosts."""
    path = folder / "host"
    if path.exists() and not re.fullmatch("[0-9a-f]{8}", path.read_text()):
        path.unlink()
    if not path.exists():
        unfinished = folder / f".host-{uuid.uuid4().hex}"
        unfinished.write_text(uuid.uuid4().hex[:8])
        sync(unfinished)
        with suppress(FileExistsError):  # another worker was first
            os.link(unfinished, path)
        unfinished.unlink()
        sync(folder)
    return path.read_text()
