"""The judging process: `python -m ads_pipeline.api.judging_process` reads bodies from its input and writes judgements to its output.

It gives way to the processes that answer (`os.nice`), and judges several bodies in turn, so that a long one holds up no short one.
It ends with its input, and so with the worker that started it.
"""

import os
import signal
import struct
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import BinaryIO

import msgspec

from ads_pipeline.api.judgement import Judgement, Work, judge
from ads_pipeline.api.refusal import ProblemError

SLOTS = 3
"""Bodies judged at a time: each may take the memory of a large body several times."""

NICENESS = 10
"""How far it gives way: where processors are short, a process that answers gets some nine times as much time."""

HEAD = struct.Struct("<QQ")
"""Before each message: its number, and its bytes."""


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """A `ProblemError` on its way."""

    status: int
    detail: str
    headers: dict[str, str] | None = None


class Judged(msgspec.Struct, frozen=True, tag="judged"):
    """A judgement on its way."""

    judgement: Judgement


Reply = Judged | Refused


def reply_to(message: bytes) -> Reply:
    """The judgement of a packed `Work`, or why it is refused; any other error is refused as 500."""
    try:
        return Judged(judge(msgspec.msgpack.decode(message, type=Work)))
    except ProblemError as error:
        return Refused(error.status, error.detail, error.headers)
    except Exception as error:  # one body stops no other
        print(f"a body could not be judged: {type(error).__name__}", file=sys.stderr, flush=True)
        return Refused(500, "internal error: the log of the service has the details under this request id")


def serve(given: BinaryIO, write: Callable[[bytes], object]) -> None:
    """Answer messages until the input ends."""
    writing = Lock()

    def answer(number: int, message: bytes) -> None:
        packed = msgspec.msgpack.encode(reply_to(message))
        with writing:
            write(HEAD.pack(number, len(packed)))
            write(packed)

    with ThreadPoolExecutor(SLOTS) as slots:
        while len(head := given.read(HEAD.size)) == HEAD.size:
            number, size = HEAD.unpack(head)
            slots.submit(answer, number, given.read(size))


def main() -> None:
    """Serve standard input, and nothing else on standard output."""
    os.nice(NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches it too, and the worker has still to answer
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)

    def write(data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[answers.write(view) or 0 :]

    serve(sys.stdin.buffer, write)


if __name__ == "__main__":
    main()
