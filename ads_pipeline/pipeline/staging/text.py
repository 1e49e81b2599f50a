"""The text of a drop as UTF-8 and without the lines at its top that a source says to pass over: a copy, moved in pieces."""

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ads_pipeline.errors import DropError
from ads_pipeline.landing import DAMAGED, Format, open_drop
from ads_pipeline.pipeline.source_heads import TextFormat

PIECE = 1 << 20
"""Bytes moved at a time."""

LONGEST = 16 << 20
"""Bytes of a line at the top that is passed over."""


TOP = 1 << 20
"""Bytes in which a header is looked for."""


def is_plain(text: TextFormat, form: Format) -> bool:
    """Whether the engine reads such a text as it is."""
    return text.encoding == "utf-8" and not text.skip and not text.comment and not (text.header_with and form.name != "ndjson")


def as_plain(path: Path, form: Format, text: TextFormat, copy: Path) -> Path:
    """A copy of a text file, decompressed, in UTF-8, without its top.

    Bytes that are not valid in the encoding stay, as bytes that are not valid in UTF-8 either: the contract judges what they stand in.

    Raises:
        DropError: it is damaged.
    """
    try:
        with open_drop(path, form) as packed, copy.open("wb") as file:
            pieces = _without_top(_in_utf8(packed, text.encoding), text)
            file.writelines(_from_header(pieces, text, form) if text.header_with and form.name != "ndjson" else pieces)
    except (*DAMAGED, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise DropError(f"it cannot be read as {text.encoding} ({error})") from error
    return copy


def _in_utf8(file: BinaryIO, encoding: str) -> Iterator[bytes]:
    """The content in UTF-8, in pieces, without byte order marks at its beginning."""
    decoder = codecs.getincrementaldecoder(encoding)(KEPT)
    is_first = True
    while piece := file.read(PIECE):
        text = decoder.decode(piece).lstrip("\ufeff" if is_first else "")
        is_first = is_first and not text
        yield text.encode("utf-8", "surrogateescape")
    yield decoder.decode(b"", final=True).encode("utf-8", "surrogateescape")


def _without_top(pieces: Iterator[bytes], text: TextFormat) -> Iterator[bytes]:
    """The content behind the lines that are skipped, then the comments and blank lines before the first other line."""
    if not text.skip and not text.comment:
        yield from pieces
        return
    top, prefix, number = b"", text.comment.encode(), 0
    for piece in pieces:
        top += piece
        while (end := top.find(b"\n") + 1) and _is_passed_over(top[:end], number, text.skip, prefix):
            top, number = top[end:], number + 1
        if end:
            yield top
            yield from pieces
            return
        if len(top) > LONGEST:
            raise ValueError(f"a line at its top has more than {LONGEST >> 20} MiB")
    if not _is_passed_over(top, number, text.skip, prefix):
        yield top


def _from_header(pieces: Iterator[bytes], text: TextFormat, form: Format) -> Iterator[bytes]:
    """The content from the line on that has one of the names of a header; all of it where there is none."""
    delimiter = (text.delimiter or ("\t" if form.name == "tsv" else ",")).encode()
    names = {name.casefold() for name in text.header_with}
    top = b""
    for piece in pieces:
        top += piece
        if len(top) > TOP:
            break
    start = 0
    for line in top.splitlines(keepends=True):
        cells = (cell.decode(errors="replace").strip().strip(text.quote).strip().casefold() for cell in line.split(delimiter))
        if not names.isdisjoint(cells):
            yield top[start:]
            break
        start += len(line)
    else:
        yield top
    yield from pieces


def _is_passed_over(line: bytes, number: int, skip: int, prefix: bytes) -> bool:
    return number < skip or not line.strip() or (bool(prefix) and line.startswith(prefix))


def _keep(error: UnicodeError) -> tuple[str, int]:
    """What stands for bytes that cannot be decoded: the bytes themselves once it is encoded, or 0xFF for one that alone would be ASCII."""
    assert isinstance(error, UnicodeDecodeError)
    return "".join(chr(0xDC00 + (byte if byte > 0x7F else 0xFF)) for byte in error.object[error.start : error.end]), error.end


KEPT = "ads_pipeline.kept"
codecs.register_error(KEPT, _keep)
