"""Zstandard: the codec, and whether a `.zst` file is whole. The engine takes a truncated one for a shorter one, and says nothing.

Walks the headers of frames and blocks and skips what is in them (RFC 8878, section 3.1).
"""

import sys
from pathlib import Path
from typing import BinaryIO

if sys.version_info >= (3, 14):
    from compression.zstd import ZstdDecompressor, ZstdError, ZstdFile
else:
    from backports.zstd import ZstdDecompressor, ZstdError, ZstdFile

__all__ = ["ZstdDecompressor", "ZstdError", "ZstdFile", "is_whole_zstd"]

FRAME, SKIPPABLE = 0xFD2FB528, 0x184D2A50


def is_whole_zstd(path: Path) -> bool:
    """Whether the file consists of complete Zstandard frames; an empty file does."""
    size = path.stat().st_size
    with path.open("rb") as file:
        while file.tell() < size:
            if not _skip_frame(file) or file.tell() > size:
                return False
    return True


def _skip_frame(file: BinaryIO) -> bool:
    magic = _number(file, 4)
    if magic is None:
        return False
    if magic & 0xFFFFFFF0 == SKIPPABLE:
        length = _number(file, 4)
        file.seek(length or 0, 1)
        return length is not None
    return magic == FRAME and _skip_blocks(file)


def _skip_blocks(file: BinaryIO) -> bool:
    descriptor = _number(file, 1)
    if descriptor is None:
        return False
    single_segment, checksum = descriptor >> 5 & 1, descriptor >> 2 & 1
    content_size = (single_segment, 2, 4, 8)[descriptor >> 6]
    file.seek((1 - single_segment) + (0, 1, 2, 4)[descriptor & 3] + content_size, 1)
    last = 0
    while not last:
        header = _number(file, 3)
        if header is None:
            return False
        last, kind, length = header & 1, header >> 1 & 3, header >> 3
        file.seek(1 if kind == 1 else length, 1)
    return not checksum or _number(file, 4) is not None


def _number(file: BinaryIO, size: int) -> int | None:
    data = file.read(size)
    return int.from_bytes(data, "little") if len(data) == size else None
