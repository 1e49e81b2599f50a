"""Zstandard: the codec, and whether a `.zst` file is complete. The engine reads a truncated one as a shorter one, without an error."""

import mmap
import os
import sys
from pathlib import Path

if sys.version_info >= (3, 14):
    from compression.zstd import ZstdDecompressor, ZstdError, ZstdFile, get_frame_size
else:
    from backports.zstd import ZstdDecompressor, ZstdError, ZstdFile, get_frame_size

__all__ = ["ZstdDecompressor", "ZstdError", "ZstdFile", "is_whole_zstd"]


def is_whole_zstd(path: Path) -> bool:
    """Whether the file consists of complete Zstandard frames; an empty file does. Their headers are read, their content is not."""
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            return True  # and nothing to map
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content, memoryview(content) as view:
            start = 0
            while start < len(view):
                with view[start:] as rest:
                    try:
                        start += get_frame_size(rest)
                    except ZstdError:
                        return False
            return True
