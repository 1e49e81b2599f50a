"""Zstandard: the codec, and whether a `.zst` file is complete. The engine reads a truncated one as a shorter one, without an error."""

import mmap
import os
import sys
from collections.abc import Iterator
from pathlib import Path

if sys.version_info >= (3, 14):
    from compression.zstd import ZstdDecompressor, ZstdError, ZstdFile, get_frame_info, get_frame_size
else:
    from backports.zstd import ZstdDecompressor, ZstdError, ZstdFile, get_frame_info, get_frame_size

__all__ = ["ZstdDecompressor", "ZstdError", "ZstdFile", "claimed_size", "is_whole_zstd"]


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
    """What each frame says that it holds."""
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            return  # and nothing to map
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content, memoryview(content) as view:
            start = 0
            while start < len(view):
                with view[start:] as rest:
                    size = get_frame_size(rest)
                    yield get_frame_info(rest[: min(size, 32)]).decompressed_size
                    start += size
