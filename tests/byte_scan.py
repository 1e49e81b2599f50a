"""Finds texts in every file of a folder, whatever it is for: in its bytes, decompressed, and in the engine's blocks."""

import bz2
import gzip
import lzma
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import lz4.block  # type: ignore[import-untyped]  # the driver's own
from pyarrow import parquet

from ads_pipeline.landing.zstd import ZstdDecompressor, ZstdError

CHECKSUM, HEADER = 16, 9


def files_with(folder: Path, texts: Iterable[str]) -> list[str]:
    """The files in which one of the texts stands, or whose name has it."""
    pattern = re.compile(b"|".join(re.escape(text.encode()) for text in texts))
    return [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and (pattern.search(path.name.encode()) or any(pattern.search(content) for content in contents(path)))
    ]


def contents(path: Path) -> Iterator[bytes]:
    """A file's bytes, and what they are packed from."""
    data = path.read_bytes()
    yield data
    for unpack, errors in (
        (gzip.decompress, (OSError, EOFError, zlib.error)),
        (bz2.decompress, (OSError, ValueError)),
        (lzma.decompress, (lzma.LZMAError,)),
        (ZstdDecompressor().decompress, (ZstdError, EOFError)),
    ):
        with suppress(*errors):
            yield unpack(data)
    if data.startswith(b"PAR1"):
        yield str(parquet.read_table(path).to_pylist()).encode()
    yield b"".join(blocks(data))


def blocks(data: bytes) -> Iterator[bytes]:
    """The content of ClickHouse's compressed blocks, if these are some."""
    at = 0
    while len(data) >= at + CHECKSUM + HEADER:
        start = at + CHECKSUM
        method = data[start]
        packed, plain = (int.from_bytes(data[start + place : start + place + 4], "little") for place in (1, 5))
        body = data[start + HEADER : start + packed]
        if packed < HEADER or start + packed > len(data) or plain > 1 << 28:
            return
        if method == 0x82:
            try:
                yield lz4.block.decompress(body, plain)
            except lz4.block.LZ4BlockError:
                return
        elif method == 0x90:
            yield ZstdDecompressor().decompress(body)
        elif method == 0x02:
            yield body
        else:
            return
        at = start + packed
