"""The compressions of drops: a drop's content, and copies of a file that every engine reads."""

import gzip
import lzma
import zlib
from bz2 import BZ2Decompressor, BZ2File
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from ads_pipeline.errors import DropError
from ads_pipeline.landing.drops import Format
from ads_pipeline.landing.zstd import ZstdError, ZstdFile

DAMAGED = (EOFError, ValueError, gzip.BadGzipFile, lzma.LZMAError, zlib.error, ZstdError)
"""What reading a damaged file raises, or an OSError."""

LARGEST_EMPTY = 512
"""Bytes that an empty file may have when it is compressed: headers, with the name of the file."""

PIECE = 1 << 20


def open_drop(path: Path, form: Format) -> BinaryIO:
    """The decompressed content of a local file."""
    match form.compression:
        case "gz":
            return cast(BinaryIO, gzip.open(path, "rb"))
        case "zst":
            return cast(BinaryIO, ZstdFile(path))
        case "bz2":
            return cast(BinaryIO, BZ2File(path))
        case "xz":
            return cast(BinaryIO, lzma.open(path, "rb", format=lzma.FORMAT_XZ))
    return path.open("rb")


def first_bytes(path: Path, form: Format, size: int) -> bytes:
    """The first bytes of the decompressed content; none of a damaged file: whoever reads it reports that.

    Raises:
        OSError: it cannot be read, whatever it holds.
    """
    try:
        with open_drop(path, form) as file:
            return file.read(size)
    except (*DAMAGED, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        return b""


def is_empty(path: Path, form: Format) -> bool:
    """Whether a local file has no content once it is decompressed: a drop without lines, in any format."""
    size = path.stat().st_size
    if size == 0 or size > LARGEST_EMPTY or not form.compression:
        return size == 0
    try:
        with open_drop(path, form) as file:
            return not file.read(1)
    except (*DAMAGED, OSError):
        return False  # the error is reported when it is read


def decompress(path: Path, form: Format, copy: Path, look: Callable[[bytes], object] = len) -> Path:
    """A copy of a file without its compression; `look` sees each piece, and may refuse the file.

    Raises:
        DropError: it is damaged.
    """
    try:
        with open_drop(path, form) as packed, copy.open("wb") as file:
            while piece := packed.read(PIECE):
                look(piece)
                file.write(piece)
    except DAMAGED as error:
        raise DropError(f"it cannot be decompressed ({error})") from error
    except OSError as error:
        if error.errno:
            raise
        raise DropError(f"it cannot be decompressed ({error})") from error
    return copy


def recompress(path: Path, copy: Path, look: Callable[[bytes], object]) -> Path:
    """A copy of a `.bz2` file in Zstandard: chDB does not read bzip2. `look` sees each piece, and may refuse the file.

    Raises:
        DropError: it is damaged, or something else stands behind its end.
    """
    try:
        with path.open("rb") as file, cast(BinaryIO, ZstdFile(copy, "wb", level=1)) as packed:
            for piece in _content_of_bz2(file):
                look(piece)
                packed.write(piece)
    except EOFError as error:
        raise DropError(f"it cannot be decompressed ({error})") from error
    except OSError as error:
        if error.errno:
            raise
        raise DropError(f"it cannot be decompressed ({error})") from error
    return copy


def _content_of_bz2(file: BinaryIO) -> Iterator[bytes]:
    """The content of all streams of a file, one behind another, in pieces."""
    stream, data = BZ2Decompressor(), file.read(PIECE)
    while data:
        if stream.eof:
            stream = BZ2Decompressor()
        yield stream.decompress(data, PIECE)
        while not stream.eof and not stream.needs_input:
            yield stream.decompress(b"", PIECE)
        data = (stream.unused_data if stream.eof else b"") or file.read(PIECE)
    if not stream.eof:
        raise EOFError("the file ends before its end-of-stream marker")
