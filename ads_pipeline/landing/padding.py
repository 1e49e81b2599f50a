"""Gzip files with zero bytes behind their end, as tapes and some uploaders leave them: `gzip` ignores these, the engine does not."""

import zlib
from itertools import chain
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO

PADDING = bytes(16)
"""No gzip file ends in so many zero bytes of its own."""

PIECE = 1 << 20


def without_padding(path: Path, copy: Path) -> Path:
    """The file; or, if it is padded, a copy of it that ends where its content does.

    A file that is damaged, or has something else behind its end, is returned as it is: whoever reads it reports that.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - len(PADDING)))
        if file.read() != PADDING:
            return path
        file.seek(0)
        end = _end(file)
        if end is None:
            return path
        file.seek(0)
        with copy.open("wb") as unpadded:
            copyfileobj(file, unpadded, PIECE)
            unpadded.truncate(end)
    return copy


def _end(file: BinaryIO) -> int | None:
    """Where the last gzip member ends, if nothing but zero bytes follows."""
    member, rest = None, b""
    while data := rest or file.read(PIECE):
        if member is None:
            if data.startswith(b"\0"):
                end = file.tell() - len(data)
                pieces = chain([data], iter(lambda: file.read(PIECE), b""))
                return None if any(piece.strip(b"\0") for piece in pieces) else end or None
            member = zlib.decompressobj(wbits=31)
        try:
            member.decompress(data, PIECE)
        except zlib.error:
            return None
        rest, member = (member.unused_data, None) if member.eof else (member.unconsumed_tail, member)
    return None
