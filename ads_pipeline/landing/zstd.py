"""Zstandard: the codec, and whether a `.zst` file is complete. The engine reads a truncated one as a shorter one, without an error."""

import mmap
import sys
from pathlib import Path

if sys.version_info >= (3, 14):
    from compression.zstd import ZstdDecompressor, ZstdError, ZstdFile, get_frame_size
else:
    from backports.zstd import ZstdDecompressor, ZstdError, ZstdFile, get_frame_size

__all__ = ["ZstdDecompressor", "ZstdError", "ZstdFile", "is_whole_zstd"]


def is_whole_zstd(path: Path) -> bool:
    """Whether the file consists of complete Zstandard frames; an empty file does. Their headers are read, their content is not."""
    size = path.stat().st_size
    if not size:
        return True
    with path.open("rb") as file, mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) as content, memoryview(content) as view:
        start = 0
        while start < size:
            with view[start:] as rest:
                try:
                    start += get_frame_size(rest)
                except ZstdError:
                    return False
    return True
