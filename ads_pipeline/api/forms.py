"""The forms of a body: decompressed within bounds, and cut into lines, one per event. No input or output here."""

import json
import re
import zlib
from typing import Any

import msgspec

from ads_pipeline.api.refusal import ProblemError
from ads_pipeline.landing.zstd import ZstdDecompressor, ZstdError

JSON, NDJSON = "application/json", "application/x-ndjson"
TEXT = "text/plain"
"""What `navigator.sendBeacon` calls a string: a browser sends it to another site without asking first."""

PART = 1 << 16
"""Compressed bytes fed to the decompressor at a time."""

MEMBERS = 1000
"""Gzip members or zstd frames that a body may have."""

COMMAS = 32
"""If an array has more commas than this for each event that is allowed, its elements are counted before they are cut apart."""

_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_ELEMENT = json.JSONDecoder(parse_int=str, parse_float=str)
_SPACE = re.compile(r"[ \t\r\n]*")


def decompressed(body: bytes, encoding: str, most: int) -> bytes:
    """The body, decompressed to at most one byte more than is allowed; several members or frames make one body.

    Raises:
        ProblemError: 413, it has more than `most` bytes; 400, it is not valid or truncated, or has too many members.
    """
    pieces: list[bytes] = []
    size = members = offset = 0
    view, decompressor = memoryview(body), None
    while offset < len(body):
        if decompressor is None:
            members += 1
            decompressor = _decompressor(encoding)
        part = view[offset : offset + PART]
        try:
            pieces.append(decompressor.decompress(part, most + 1 - size))
        except (zlib.error, ZstdError) as error:
            raise ProblemError(400, f"the body is not valid {encoding}: {error}") from None
        size += len(pieces[-1])
        if size > most:
            raise too_large(most)
        if members > MEMBERS:
            raise ProblemError(400, f"the body has more than {MEMBERS} {encoding} members: compress it as a whole")
        offset += len(part) - len(decompressor.unused_data)
        decompressor = None if decompressor.eof else decompressor
    if decompressor is not None:
        raise ProblemError(400, f"the {encoding} body is truncated")
    return b"".join(pieces)


def little_decompressed(body: bytes, encoding: str, most: int) -> bytes | None:
    """The body, if it is one member or frame of at most `most` bytes; None if it is anything else, which takes longer to find out."""
    try:
        decompressor = _decompressor(encoding)
        found: bytes = decompressor.decompress(body, most)
    except (zlib.error, ZstdError):
        return None
    return found if decompressor.eof and not decompressor.unused_data else None


def _decompressor(encoding: str) -> Any:
    return zlib.decompressobj(31) if encoding == "gzip" else ZstdDecompressor()


def too_large(most: int) -> ProblemError:
    """413, for a body of more bytes than are allowed."""
    return ProblemError(413, f"the body has more than {most} bytes, compressed or decompressed: send fewer events per request")


def form_of(content_type: str) -> str:
    """`JSON`, `NDJSON`, or `TEXT`, which is one of them by its content (see `settled`).

    Raises:
        ProblemError: 415, it is neither, or not in UTF-8.
    """
    kind, _, parameters = content_type.partition(";")
    kind = kind.strip().lower()
    charset = re.search(r"charset\s*=\s*\"?([^\s\";]+)", parameters[:200], re.IGNORECASE)
    if kind not in (JSON, NDJSON, TEXT) or (charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii")):
        raise ProblemError(
            415, f"unsupported Content-Type {content_type[:200]!r}: use {JSON} or {NDJSON}, in UTF-8", {"Accept": f"{JSON}, {NDJSON}"}
        )
    return kind


def settled(form: str, body: bytes) -> str:
    """`JSON` or `NDJSON`, also for text."""
    if form != TEXT:
        return form
    return JSON if body.lstrip()[:1] == b"[" else NDJSON


def lines_of(body: bytes, form: str, most: int) -> list[bytes]:
    """The events of a body as lines: the lines of NDJSON, the elements of a JSON array, or one JSON object.

    Raises:
        ProblemError: 400 if the body is not JSON; 413 if it has more events than are allowed.
    """
    if form == NDJSON:
        body = body.removesuffix(b"\n")
        if body.count(b"\n") >= most:
            raise too_many(most)
        return [line.strip(b" \t\r") for line in body.split(b"\n")] if body else []
    body = body.removeprefix(b"\xef\xbb\xbf")
    try:
        return _elements(body, most)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise ProblemError(400, f"the body is not valid JSON ({error}): send an object, an array of objects, or {NDJSON}") from None


def _elements(body: bytes, most: int) -> list[bytes]:
    if body.lstrip()[:1] != b"[":
        elements = [msgspec.json.decode(body, type=msgspec.Raw)]
    elif body.count(b",") > COMMAS * most and _is_longer(body.decode("latin-1"), most):
        raise too_many(most)
    else:
        elements = _ARRAY.decode(body)
    if len(elements) > most:
        raise too_many(most)
    if b"\n" in body or b"\r" in body:  # white space: a string cannot have them raw
        return [bytes(element).replace(b"\n", b" ").replace(b"\r", b" ") for element in elements]
    return b"\n".join(elements).split(b"\n") if elements else []


def _is_longer(array: str, most: int) -> bool:
    """Whether an array has more elements than this; they are read one by one, as a list of millions would fill the memory."""
    offset = array.index("[")
    for _ in range(most + 1):
        _, offset = _ELEMENT.raw_decode(array, _end_of_space(array, offset + 1))
        offset = _end_of_space(array, offset)
        if array[offset : offset + 1] != ",":
            return False
    return True


def _end_of_space(text: str, start: int) -> int:
    found = _SPACE.match(text, start)
    return found.end() if found else start


def too_many(most: int) -> ProblemError:
    """413, for a request of more events than are allowed."""
    return ProblemError(413, f"the request has more than {most} events: send them in parts")
