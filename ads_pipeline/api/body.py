"""A request's body: read and decompressed within bounds, and cut into lines, one an event."""

import asyncio
import re
import zlib
from typing import Any

import msgspec
from fastapi import Request

from ads_pipeline.api.problems import ProblemError
from ads_pipeline.landing.zstd import ZstdDecompressor, ZstdError

JSON, NDJSON = "application/json", "application/x-ndjson"

READ_SECONDS = 60
"""How long a client may take to send a body."""

_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])


async def read_body(request: Request, most: int) -> bytes:
    """The body as the client wrote it, decompressed.

    Raises:
        ProblemError: 408, 413, 415, or 400 for compressed data that is broken.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "zstd"):
        raise ProblemError(415, f"Content-Encoding {encoding!r} is not taken: gzip, zstd or none", {"Accept-Encoding": "gzip, zstd"})
    pieces, size = [], 0
    try:
        async with asyncio.timeout(READ_SECONDS):
            async for piece in request.stream():
                size += len(piece)
                if size > most:
                    raise _too_large(most)
                pieces.append(piece)
    except TimeoutError:
        raise ProblemError(408, f"the body did not arrive within {READ_SECONDS} seconds") from None
    body = b"".join(pieces)
    return body if encoding == "identity" else _decompressed(body, encoding, most)


def _decompressed(body: bytes, encoding: str, most: int) -> bytes:
    """At most one byte more than is allowed is ever made; several members or frames make one body."""
    made = b""
    while body:
        machine: Any = zlib.decompressobj(31) if encoding == "gzip" else ZstdDecompressor()
        try:
            made += machine.decompress(body, most + 1 - len(made))
        except (zlib.error, ZstdError) as error:
            raise ProblemError(400, f"the body is no {encoding}: {error}") from None
        if len(made) > most:
            raise _too_large(most)
        if not machine.eof:
            raise ProblemError(400, f"the body is {encoding} cut short")
        body = machine.unused_data
    return made


def _too_large(most: int) -> ProblemError:
    return ProblemError(413, f"the body is larger than {most} bytes (also when decompressed): send fewer events in a request")


def lines_of(body: bytes, content_type: str) -> list[bytes]:
    """The body's events as lines: of NDJSON its lines, of JSON the elements of the array, or the one object.

    Raises:
        ProblemError: 415, or 400 for a body that is no JSON.
    """
    kind, _, parameters = content_type.partition(";")
    kind = kind.strip().lower()
    charset = re.search(r"charset\s*=\s*\"?([^\s\";]+)", parameters, re.IGNORECASE)
    if kind not in (JSON, NDJSON) or (charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii")):
        raise ProblemError(
            415, f"Content-Type {content_type!r} is not taken: {JSON} or {NDJSON}, in UTF-8", {"Accept": f"{JSON}, {NDJSON}"}
        )
    if kind == NDJSON:
        return [line.strip(b" \t\r") for line in body.removesuffix(b"\n").split(b"\n")] if body else []
    body = body.removeprefix(b"\xef\xbb\xbf")
    try:
        elements = _ARRAY.decode(body) if body.lstrip()[:1] == b"[" else [msgspec.json.decode(body, type=msgspec.Raw)]
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise ProblemError(400, f"the body is no JSON ({error}): send an object, an array of objects, or {NDJSON}") from None
    if b"\n" in body or b"\r" in body:  # outside of strings they are spaces, and inside they cannot stand
        return [bytes(element).replace(b"\n", b" ").replace(b"\r", b" ").strip() for element in elements]
    return [bytes(element).strip() for element in elements]
