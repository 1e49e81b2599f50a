"""Gzip files with zero bytes behind their end, as tapes and some uploaders leave them: `gzip` ignores these, the engine does not."""

import zlib
from itertools import chain
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO

TAIL = 10
"""Bytes at the end that are looked at: those of an empty member, which `bgzip` writes last, end in nine zero bytes."""

_EMPTY = b"\x03" + bytes(9)

OWN = 17 << 20
"""Bytes of a gzip file whose last byte is not zero of itself: it holds 16 MiB or more."""

PIECE = 1 << 20


def without_padding(path: Path, copy: Path) -> Path:
    """The file; or, if it is padded, a copy of it that ends where its content does.

    A file that is damaged, or has something else behind its end, is returned as it is: whoever reads it reports that.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - TAIL))
        if not _may_be_padded(file.read(), size):
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


def _may_be_padded(tail: bytes, size: int) -> bool:
    """Whether the end is more than that of a gzip file, whose last four bytes are how many bytes it holds, the low one first.

    Two zero bytes are its own if it holds less than 64 KiB: then it costs little to find out.
    """
    zeros = len(tail) - len(tail.rstrip(b"\0"))
    return tail != _EMPTY and (zeros >= 2 or (zeros == 1 and size > OWN))


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
