"""Acknowledged requests on disk until they are sealed into drops: a folder that all workers of a host append to.

The folder holds *segments*: `<microseconds>-<host>.open` (one at a time, appended to) and `.closed` (waiting to be sealed). A
segment is a sequence of *frames*, one per request: header, receipt (JSON: the idempotency key and the answer; or nothing), lines.
Workers append under a lock, so frames are in the order in which requests were acknowledged. Only the last frame can be cut short,
when a worker died or the disk filled up: it was never acknowledged, and the next append cuts it off. Any other bytes that are not
a frame are damage: nothing is appended after them, and the segment is kept as `.broken` when the rest of it has been sealed.
"""

import fcntl
import json
import logging
import os
import struct
import time
import uuid
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ads_pipeline.durable import make_folder, sync

log = logging.getLogger(__name__)

HEADER = struct.Struct("<4sIII")  # magic, bytes of receipt, bytes of lines, CRC-32 of both together
MAGIC = b"ADS1"


@dataclass(frozen=True, slots=True)
class Frame:
    """One request: `lines` ends with a line feed, `receipt` is empty for a request without an idempotency key."""

    receipt: bytes
    lines: bytes

    def packed(self) -> bytes:
        """Its bytes in a segment."""
        check = zlib.crc32(self.lines, zlib.crc32(self.receipt))
        return HEADER.pack(MAGIC, len(self.receipt), len(self.lines), check) + self.receipt + self.lines


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

    def frames(self) -> "Iterator[Frame | None]":
        """Its frames, in order; None stands for damage. A last frame that is cut short was never acknowledged, and is left out."""
        with self.path.open("rb") as file:
            handle, end = file.fileno(), 0
            for head in _heads(handle, 0):
                data, end = head.data(handle), head.end
                yield Frame(data[: head.receipt], data[head.receipt :]) if zlib.crc32(data) == head.check else None
            rest = os.pread(handle, os.fstat(handle).st_size - end, end)
            if rest and not _is_torn(rest):
                yield None


@dataclass(frozen=True, slots=True)
class _Head:
    """Where a frame is in its file: from `start` to before `end`, with `receipt` bytes of receipt after the header."""

    start: int
    end: int
    receipt: int
    check: int

    def data(self, handle: int) -> bytes:
        """Receipt and lines, as they are in the file."""
        return os.pread(handle, self.end - self.start - HEADER.size, self.start + HEADER.size)


class Spool:
    """The spool as one worker sees it. Not for several threads, except `closed`."""

    def __init__(self, folder: Path) -> None:
        make_folder(folder)
        self.folder = folder
        self.host = _host(folder)
        self.receipts: dict[str, dict[str, Any]] = {}
        self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._file = -1
        self._name = ""
        self._read = 0

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
        current = next((path.stem for path in self.folder.glob("*.open")), "")
        if current != self._name:
            self._forget_file()
            if current:
                self._take(current)
                sync(self.folder)  # the worker that made it may have died before its own sync
                self._read_on(verified=True)  # it may have been written before power was lost
        self._cut_off()
        waiting = {segment.name: segment for segment in self.closed()}
        self.receipts = {name: found for name, found in self.receipts.items() if name == self._name or name in waiting}
        for name in waiting.keys() - self.receipts.keys():
            self.receipts[name] = _receipts_of(waiting[name])

    def _cut_off(self) -> None:
        """Leave nothing after the last whole frame of the open segment: cut off a torn end, and close a segment that is damaged."""
        left = os.fstat(self._file).st_size - self._read if self._file >= 0 else 0
        if left and _is_torn(os.pread(self._file, left, self._read)):
            os.ftruncate(self._file, self._read)
        elif left:
            log.error("%s is damaged from byte %d on: the next events go into another segment", self._name, self._read)
            del self.receipts[self._name]  # read again from the closed segment
            self.close_segment()

    def _forget_file(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file, self._name = -1, ""

    def _take(self, name: str) -> None:
        path = self.folder / f"{name}.open"
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._name, self._read = name, 0
        self.receipts[name] = {}

    def _read_on(self, *, verified: bool = False) -> None:
        """Read the receipts of the frames that were appended since the last look."""
        for head in _heads(self._file, self._read) if self._file >= 0 else []:
            if verified and zlib.crc32(head.data(self._file)) != head.check:
                return
            self._add_receipt(os.pread(self._file, head.receipt, head.start + HEADER.size))
            self._read = head.end

    def _add_receipt(self, receipt: bytes) -> None:
        if receipt:
            record = json.loads(receipt)
            self.receipts[self._name][record["key"]] = record

    def append(self, frames: Sequence[Frame]) -> int:
        """Append frames, all or none; only within `locked`. Returns the size of the segment in bytes.

        They are on disk after `sync` only.

        Raises:
            OSError: the disk is full or fails; nothing was appended.
        """
        if self._file < 0:
            self._take(f"{time.time_ns() // 1000:016}-{self.host}")
            sync(self.folder)
        data = memoryview(b"".join(frame.packed() for frame in frames))
        try:
            while data:
                data = data[os.write(self._file, data) :]
        except OSError:
            os.ftruncate(self._file, self._read)
            raise
        for frame in frames:
            self._add_receipt(frame.receipt)
        self._read = os.fstat(self._file).st_size
        return self._read

    def sync(self) -> None:
        """Everything appended, or found in the segment, is on disk when this returns; needs no lock."""
        if self._file >= 0:
            os.fdatasync(self._file)

    def close_segment(self, *, age: float = 0, size: int = 0) -> bool:
        """Close the open segment if it is at least so old (seconds) or so large (bytes); only within `locked`. Returns whether it was."""
        if self._file < 0 or (self._read < size and time.time() - Segment(Path(self._name)).begun < age):
            return False
        os.fdatasync(self._file)
        path = self.folder / f"{self._name}.open"
        path.rename(path.with_suffix(".closed"))
        sync(self.folder)
        self._forget_file()
        return True

    def closed(self) -> list[Segment]:
        """The segments that wait to be sealed, oldest first."""
        return [Segment(path) for path in sorted(self.folder.glob("*.closed"))]

    def oldest(self) -> float:
        """When the oldest unsealed segment was begun, in seconds since 1970; now if there is none."""
        waiting = [Segment(path).begun for pattern in ("*.open", "*.closed") for path in self.folder.glob(pattern)]
        return min(waiting, default=time.time())


def _heads(handle: int, start: int) -> Iterator[_Head]:
    """The frames from `start` on; only their headers are read."""
    size = os.fstat(handle).st_size
    while len(header := os.pread(handle, HEADER.size, start)) == HEADER.size and header.startswith(MAGIC):
        _, receipt, lines, check = HEADER.unpack(header)
        end = start + HEADER.size + receipt + lines
        if end > size:
            return
        yield _Head(start, end, receipt, check)
        start = end


def _is_torn(rest: bytes) -> bool:
    """Whether the bytes after the last whole frame are the beginning of one frame, and not a frame with damaged lengths before others."""
    if len(rest) < HEADER.size:
        return MAGIC.startswith(rest[: len(MAGIC)])
    magic, receipt, lines, _ = HEADER.unpack_from(rest)
    return magic == MAGIC and HEADER.size + receipt + lines > len(rest) and MAGIC not in rest[len(MAGIC) :]


def _receipts_of(segment: Segment) -> dict[str, Any]:
    """The receipts of a closed segment by key; none if it has been sealed meanwhile."""
    try:
        records = [json.loads(frame.receipt) for frame in segment.frames() if frame and frame.receipt]
    except FileNotFoundError:
        return {}
    return {record["key"]: record for record in records}


def _host(folder: Path) -> str:
    """Eight hexadecimal digits that tell the drops of this spool from those of other hosts."""
    path = folder / "host"
    if not path.exists():
        unfinished = folder / f".host-{uuid.uuid4().hex}"
        unfinished.write_text(uuid.uuid4().hex[:8])
        sync(unfinished)
        with suppress(FileExistsError):  # another worker was first
            os.link(unfinished, path)
        unfinished.unlink()
        sync(folder)
    return path.read_text()
