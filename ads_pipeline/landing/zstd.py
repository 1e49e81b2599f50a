"""Zstandard: the codec, and whether a `.zst` file is complete. The engine reads a truncated one as a shorter one, without an error."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

if sys.version_info >= (3, 14):
    from compression.zstd import ZstdDecompressor, ZstdError, ZstdFile, get_frame_info
else:
    from backports.zstd import ZstdDecompressor, ZstdError, ZstdFile, get_frame_info

__all__ = ["ZstdDecompressor", "ZstdError", "ZstdFile", "claimed_size", "is_whole_zstd"]

FRAME, SKIPPABLE = 0xFD2FB528, 0x184D2A50
"""What a frame begins with; the last four bits of the second may be any."""

HEAD = 18
"""The longest header of a frame."""

BUFFER = 1 << 16
"""Bytes read at a time: blocks may be small, where a writer flushed after each line."""

REPEATED, RESERVED = 1, 3
"""Kinds of blocks: one byte that is repeated, and none that exists."""


def is_whole_zstd(path: Path) -> bool:
    """Whether the file consists of complete Zstandard frames; an empty file does. Their headers are read, their content is not."""
    try:
        return all(True for _ in _frames(path))
    except ZstdError:
        return False


def claimed_size(path: Path) -> int | None:
    """The bytes that a file's frames hold by their own account; None if one does not say, or is none."""
    try:
        sizes = list(_frames(path))
    except ZstdError:
        return None
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None


def _frames(path: Path) -> Iterator[int | None]:
    """What each frame says that it holds. Nothing is mapped into memory: a file may be overwritten while it is read."""
    with path.open("rb", buffering=BUFFER) as file:
        start, size = 0, os.fstat(file.fileno()).st_size
        while start < size:
            file.seek(start)
            head = file.read(HEAD)
            end = _end_of_frame(file, start, head)
            if end > size:
                raise ZstdError("the last frame is not complete")
            yield get_frame_info(head[: end - start]).decompressed_size
            start = end


def _end_of_frame(file: BinaryIO, start: int, head: bytes) -> int:
    """Where a frame ends, by the headers of its blocks (RFC 8878, section 3.1)."""
    magic = int.from_bytes(head[:4], "little")
    if magic & 0xFFFFFFF0 == SKIPPABLE:
        return start + 8 + int.from_bytes(head[4:8], "little")
    if magic != FRAME or len(head) < 5:
        raise ZstdError("this is no frame")
    flags = head[4]
    is_single = flags >> 5 & 1
    at, is_last = start + 5 + (not is_single) + (0, 1, 2, 4)[flags & 3] + (is_single, 2, 4, 8)[flags >> 6], 0
    while not is_last:
        file.seek(at)
        block = int.from_bytes(file.read(3).ljust(3, b"\xff"), "little")
        is_last, kind, length = block & 1, block >> 1 & 3, block >> 3
        if kind == RESERVED:
            raise ZstdError("a block is of no known kind, or the file ends before it")
        at += 3 + (1 if kind == REPEATED else length)
    return at + 4 * (flags >> 2 & 1)
