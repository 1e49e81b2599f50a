"""Frames: how requests stand in a segment, and how they are found again where some bytes of a segment have changed.

A frame is a header, a receipt (JSON: the idempotency key and the answer, the source and the API key; or nothing) and lines.
The frames behind a damaged one are
found by their headers and checksums. One byte that has changed in a header costs nothing: what it must have been follows from the rest.
"""

import json
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

HEADER = struct.Struct("<4sIII")  # magic, bytes of receipt, bytes of lines, CRC-32 of both together
MAGIC = b"ADS1"

TRIES = 20
"""How many times its size is read of what is damaged to find the next frame: lines may hold what looks like headers."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One request: `lines` ends with a line feed, `receipt` is empty for one without idempotency key and API key."""

    receipt: bytes
    lines: bytes

    def pieces(self) -> tuple[bytes, bytes, bytes]:
        """Its bytes in a segment: header, receipt and lines."""
        check = zlib.crc32(self.lines, zlib.crc32(self.receipt))
        return HEADER.pack(MAGIC, len(self.receipt), len(self.lines), check), self.receipt, self.lines


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes of a segment that are no sound frame; `frame` is what they were, if that is certain."""

    data: bytes
    frame: Frame | None


@dataclass(frozen=True, slots=True)
class Head:
    """Where a frame is in its file: from `start` to before `end`, with `receipt` bytes of receipt after the header."""

    start: int
    end: int
    receipt: int
    check: int

    def data(self, handle: int) -> bytes:
        """Receipt and lines, as they are in the file."""
        return os.pread(handle, self.end - self.start - HEADER.size, self.start + HEADER.size)


def heads(handle: int, start: int) -> Iterator[Head]:
    """The frames from `start` on, up to what is none; only their headers are read."""
    size = os.fstat(handle).st_size
    while head := _head(os.pread(handle, HEADER.size, start), start, size):
        yield head
        start = head.end


def read_frames(handle: int) -> Iterator[Frame | Damage]:
    """The frames of a file in order. A last one that is cut short was never acknowledged, and is left out."""
    size, start = os.fstat(handle).st_size, 0
    while start < size:
        head = _head(os.pread(handle, HEADER.size, start), start, size)
        if head and zlib.crc32(data := head.data(handle)) == head.check:
            yield Frame(data[: head.receipt], data[head.receipt :])
            start = head.end
            continue
        rest = os.pread(handle, size - start, start)
        if is_torn(rest):
            return
        piece = rest[: _next_frame(rest)]
        yield Damage(piece, _recovered(piece))
        start += len(piece)


def is_torn(rest: bytes) -> bool:
    """Whether the bytes after the last whole frame are the beginning of one frame, and not frames of which some bytes have changed."""
    if len(rest) < HEADER.size:
        return MAGIC.startswith(rest[: len(MAGIC)])
    magic, receipt, lines, check = HEADER.unpack_from(rest)
    is_short = magic == MAGIC and HEADER.size + receipt + lines > len(rest) and MAGIC not in rest[len(MAGIC) :]
    return is_short and zlib.crc32(rest[HEADER.size :]) != check


def _head(header: bytes, start: int, size: int) -> Head | None:
    if len(header) < HEADER.size or not header.startswith(MAGIC):
        return None
    _, receipt, lines, check = HEADER.unpack(header)
    end = start + HEADER.size + receipt + lines
    return Head(start, end, receipt, check) if end <= size else None


def _next_frame(rest: bytes) -> int:
    """Where the next sound frame begins after what is damaged; the end if there is none."""
    view, place, work = memoryview(rest), rest.find(MAGIC, 1), TRIES * len(rest)
    while place >= 0 and work > 0:
        head = _head(rest[place : place + HEADER.size], place, len(rest))
        if head and rest[head.end - 1 : head.end] == b"\n":
            work -= head.end - place
            if zlib.crc32(view[place + HEADER.size : head.end]) == head.check:
                return place
        place = rest.find(MAGIC, place + 1)
    return len(rest)


def _recovered(piece: bytes) -> Frame | None:
    """The frame that some bytes were, if all that has changed is one field of its header."""
    if len(piece) < HEADER.size:
        return None
    magic, receipt, lines, check = HEADER.unpack_from(piece)
    data = piece[HEADER.size :]
    difference = zlib.crc32(data) ^ check
    sizes_are_right = magic == MAGIC and receipt + lines == len(data)
    of_one_byte = any(difference == difference & 0xFF << shift for shift in (0, 8, 16, 24))
    if difference and not (sizes_are_right and of_one_byte):
        return None
    for split in (receipt, len(data) - lines):
        if 0 <= split <= len(data) and data.endswith(b"\n") and _is_receipt(data[:split]):
            return Frame(data[:split], data[split:])
    return None


def _is_receipt(data: bytes) -> bool:
    with suppress(ValueError):
        return not data or "key" in json.loads(data)
    return False
