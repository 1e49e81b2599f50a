"""The worker's side of the judging process: bodies that cannot be judged at once wait here for their turn.

Callers take turns, so that one who sends many, or long ones, delays another by one body at most.
"""

import asyncio
import logging
import sys
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

import msgspec

from ads_pipeline.api.judgement import Judgement, Work
from ads_pipeline.api.judging_process import HEAD, SLOTS, Judged, Reply
from ads_pipeline.api.refusal import ProblemError

log = logging.getLogger(__name__)

WAIT_SECONDS = 30
"""How long a body waits for its turn."""

COMMAND = (sys.executable, "-P", "-m", "ads_pipeline.api.judging_process")


class Turns:
    """At most `slots` at a time; of those who wait, callers in turn, and each caller's in the order in which they came."""

    def __init__(self, slots: int) -> None:
        self._free = slots
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, caller: str, wait: float) -> AsyncIterator[None]:
        """Hold a slot.

        Raises:
            TimeoutError: none was free in so many seconds.
        """
        if self._free:
            self._free -= 1
        else:
            mine = asyncio.get_running_loop().create_future()
            self._waiting.setdefault(caller, deque()).append(mine)
            try:
                async with asyncio.timeout(wait):
                    await mine
            except BaseException:
                if mine.done() and not mine.cancelled():
                    self._next()
                mine.cancel()
                raise
        try:
            yield
        finally:
            self._next()

    def _next(self) -> None:
        while self._waiting:
            caller, queue = next(iter(self._waiting.items()))
            first = queue.popleft()
            if queue:
                self._waiting.move_to_end(caller)
            else:
                del self._waiting[caller]
            if not first.done():
                first.set_result(None)
                return
        self._free += 1


class Judge:
    """Starts the process when it is first needed, and again when it has died; used on the loop."""

    def __init__(self) -> None:
        self._turns = Turns(SLOTS)
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._numbers = count()
        self._asked: dict[int, asyncio.Future[Reply]] = {}

    async def judge(self, work: Work, caller: str) -> Judgement:
        """The judgement of a body; `caller` is who takes turns with others.

        Raises:
            ProblemError: 400, 413, 415; 503 if others keep the process busy, or it died.
        """
        try:
            async with self._turns.turn(caller, WAIT_SECONDS):
                reply = await self._ask(work)
        except TimeoutError:
            raise ProblemError(503, "other bodies are being judged: send again", {"Retry-After": "5"}) from None
        if isinstance(reply, Judged):
            return reply.judgement
        raise ProblemError(reply.status, reply.detail, reply.headers)

    async def _ask(self, work: Work) -> Reply:
        async with self._starting:
            process = await self._started()
            message, number = msgspec.msgpack.encode(work), next(self._numbers)
            asked = self._asked[number] = asyncio.get_running_loop().create_future()
            assert process.stdin
            process.stdin.write(HEAD.pack(number, len(message)))
            process.stdin.write(message)
        try:
            reply: Reply = await asked
        finally:
            self._asked.pop(number, None)
        return reply

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is None or self._reading is None or self._reading.done():
            pipe = asyncio.subprocess.PIPE
            self._process = await asyncio.create_subprocess_exec(*COMMAND, stdin=pipe, stdout=pipe, limit=1 << 20)
            self._reading = asyncio.create_task(self._read(self._process))
        return self._process

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        """Hand replies on until the process ends; those that are still asked for then get 503."""
        assert process.stdout
        try:
            while True:
                number, size = HEAD.unpack(await process.stdout.readexactly(HEAD.size))
                reply: Reply = msgspec.msgpack.decode(await process.stdout.readexactly(size), type=Reply)
                if (asked := self._asked.get(number)) and not asked.done():
                    asked.set_result(reply)
        except asyncio.IncompleteReadError:
            pass
        if self._asked:
            log.error("the judging process has ended: %d requests are refused, and the next one starts it again", len(self._asked))
        for asked in self._asked.values():
            if not asked.done():
                asked.set_exception(ProblemError(503, "the events could not be judged: send again", {"Retry-After": "1"}))

    async def close(self) -> None:
        """End the process."""
        if self._process and self._process.stdin and self._reading:
            self._process.stdin.close()
            await self._process.wait()
            await self._reading
