"""The body of a request: read within bounds of size, of time, and of the memory that all bodies under way may take."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from fastapi import Request
from starlette.requests import ClientDisconnect

from ads_pipeline.api.forms import too_large
from ads_pipeline.api.refusal import ProblemError

READ_SECONDS = 60
"""Seconds that a client may take to send a body."""


@dataclass(slots=True, eq=False)
class Held:
    """The memory of one body; `timeout` is there while its client still sends."""

    size: int = 0
    began: float = field(default_factory=time.monotonic)
    timeout: asyncio.Timeout | None = None


class Memory:
    """The bytes of all bodies under way in this worker.

    When they are too many, the body whose client has been sending for the longest is given up: so clients that send slowly, or
    never end, do not keep out those that do.
    """

    def __init__(self, most: int) -> None:
        self._most, self._taken = most, 0
        self._held: set[Held] = set()

    @contextmanager
    def held(self) -> Iterator[Held]:
        """The memory of a request, until its answer."""
        held = Held()
        self._held.add(held)
        try:
            yield held
        finally:
            self._held.discard(held)
            self._taken -= held.size

    def take(self, held: Held, size: int) -> None:
        """Take more for a body.

        Raises:
            ProblemError: 503, other bodies have all of it, and their clients have sent them.
        """
        held.size += size
        self._taken += size
        if self._taken > self._most:
            slow = [other for other in self._held if other.timeout and other.size and other is not held]
            if not slow:
                raise ProblemError(503, "too many bodies are under way: send again", {"Retry-After": "2"})
            slowest = min(slow, key=lambda other: other.began)
            self._give_up(slowest)

    def _give_up(self, held: Held) -> None:
        """Free what it has now: its task ends at the next turn of the loop."""
        assert held.timeout
        held.timeout.reschedule(asyncio.get_running_loop().time())
        held.timeout = None
        self._taken -= held.size
        held.size = 0


async def read_body(request: Request, most: int, memory: Memory, held: Held) -> bytes:
    """The body as it was sent, of at most so many bytes.

    Raises:
        ProblemError: 408, 413, 415, 503; 400 if the client disconnects.
    """
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > most:
        raise too_large(most)
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(READ_SECONDS) as held.timeout:
            async for piece in request.stream():
                size += len(piece)
                if size > most:
                    raise too_large(most)
                memory.take(held, len(piece))
                pieces.append(piece)
    except TimeoutError:
        raise ProblemError(
            408, f"the body was not complete within {READ_SECONDS} seconds, or sent slowly while others waited: send it again"
        ) from None
    except ClientDisconnect:
        raise ProblemError(400, "the client disconnected before the end of the body") from None
    finally:
        held.timeout = None
    request.state.body_is_read = True
    return b"".join(pieces)


def encoding_of(request: Request) -> str:
    """`identity`, `gzip` or `zstd`.

    Raises:
        ProblemError: 415, it is another.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "zstd"):
        raise ProblemError(
            415, f"unsupported Content-Encoding {encoding[:100]!r}: use gzip, zstd or none", {"Accept-Encoding": "gzip, zstd"}
        )
    return encoding
