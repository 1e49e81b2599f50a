"""A request's body: read and decompressed within bounds, and cut into lines, one an event."""

import asyncio
import json
import re
import zlib
from typing import Any

import msgspec
from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from ads_pipeline.api.problems import ProblemError
from ads_pipeline.landing.zstd import ZstdDecompressor, ZstdError

JSON, NDJSON = "application/json", "application/x-ndjson"

READ_SECONDS = 60
"""How long a client may take to send a body."""

SMALL, PART = 1 << 16, 1 << 16
"""Bytes of a compressed body that is decompressed without a thread; bytes decompressed at a time."""

MEMBERS = 1000
"""Gzip members or zstd frames that a body may have."""

COMMAS = 32
"""In an array with more commas for each event that is allowed, the elements are counted before they are cut apart."""

_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_ELEMENT = json.JSONDecoder(parse_int=str, parse_float=str)
_SPACE = re.compile(r"[ \t\r\n]*")


async def read_body(request: Request, most: int) -> bytes:
    """The body as the client wrote it, decompressed.

    Raises:
        ProblemError: 408, 413, 415, or 400 for compressed data that is broken and for a client that has gone.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "zstd"):
        raise ProblemError(415, f"Content-Encoding {encoding!r} is not taken: gzip, zstd or none", {"Accept-Encoding": "gzip, zstd"})
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > most:
        raise _too_large(most)
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
    except ClientDisconnect:
        raise ProblemError(400, "the client has gone before the end of the body") from None
    request.state.body_is_read = True
    body = b"".join(pieces)
    if encoding == "identity":
        return body
    return await run_in_threadpool(_decompressed, body, encoding, most) if size > SMALL else _decompressed(body, encoding, most)


def _decompressed(body: bytes, encoding: str, most: int) -> bytes:
    """At most one byte more than is allowed is ever made; several members or frames make one body."""
    pieces: list[bytes] = []
    size = members = place = 0
    view, machine = memoryview(body), None
    while place < len(body):
        if machine is None:
            members += 1
            machine = _machine(encoding)
        part = view[place : place + PART]
        try:
            pieces.append(machine.decompress(part, most + 1 - size))
        except (zlib.error, ZstdError) as error:
            raise ProblemError(400, f"the body is no {encoding}: {error}") from None
        size += len(pieces[-1])
        if size > most:
            raise _too_large(most)
        if members > MEMBERS:
            raise ProblemError(400, f"the body is {encoding} in more than {MEMBERS} parts: compress it as a whole")
        place += len(part) - len(machine.unused_data)
        machine = None if machine.eof else machine
    if machine is not None:
        raise ProblemError(400, f"the body is {encoding} cut short")
    return b"".join(pieces)


def _machine(encoding: str) -> Any:
    return zlib.decompressobj(31) if encoding == "gzip" else ZstdDecompressor()


def _too_large(most: int) -> ProblemError:
    return ProblemError(413, f"the body is larger than {most} bytes (also when decompressed): send fewer events in a request")


def lines_of(body: bytes, content_type: str, most: int) -> list[bytes]:
    """The body's events as lines: of NDJSON its lines, of JSON the elements of the array, or the one object.

    Raises:
        ProblemError: 415, 400 for a body that is no JSON, or 413 for more lines than are allowed.
    """
    kind, _, parameters = content_type.partition(";")
    kind = kind.strip().lower()
    charset = re.search(r"charset\s*=\s*\"?([^\s\";]+)", parameters, re.IGNORECASE)
    if kind not in (JSON, NDJSON) or (charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii")):
        raise ProblemError(
            415, f"Content-Type {content_type!r} is not taken: {JSON} or {NDJSON}, in UTF-8", {"Accept": f"{JSON}, {NDJSON}"}
        )
    if kind == NDJSON:
        body = body.removesuffix(b"\n")
        if body.count(b"\n") >= most:
            raise _too_many(most)
        return [line.strip(b" \t\r") for line in body.split(b"\n")] if body else []
    body = body.removeprefix(b"\xef\xbb\xbf")
    try:
        return _elements(body, most)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise ProblemError(400, f"the body is no JSON ({error}): send an object, an array of objects, or {NDJSON}") from None


def _elements(body: bytes, most: int) -> list[bytes]:
    if body.lstrip()[:1] != b"[":
        elements = [msgspec.json.decode(body, type=msgspec.Raw)]
    elif body.count(b",") > COMMAS * most and _is_longer(body.decode("latin-1"), most):
        raise _too_many(most)
    else:
        elements = _ARRAY.decode(body)
    if len(elements) > most:
        raise _too_many(most)
    if b"\n" in body or b"\r" in body:  # outside of strings they are spaces, and inside they cannot stand
        return [bytes(element).replace(b"\n", b" ").replace(b"\r", b" ") for element in elements]
    return b"\n".join(elements).split(b"\n") if elements else []


def _is_longer(array: str, most: int) -> bool:
    """Whether an array has more elements, read one after another: a list of millions of them would fill the memory."""
    place = array.index("[")
    for _ in range(most + 1):
        _, place = _ELEMENT.raw_decode(array, _end_of_space(array, place + 1))
        place = _end_of_space(array, place)
        if array[place : place + 1] != ",":
            return False
    return True


def _end_of_space(text: str, start: int) -> int:
    found = _SPACE.match(text, start)
    return found.end() if found else start


def _too_many(most: int) -> ProblemError:
    return ProblemError(413, f"more than {most} events in one request: send them in parts")
