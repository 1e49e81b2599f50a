"""How connections are accepted: those whose client has left meanwhile are closed at once, before anything is made for them.

Clients that connect and leave, thousands a second, would else take as much of a worker as good requests. A busy worker finds most of them
gone, and one that is idle has time for the others. When there are too many, no connection is accepted for a moment: they fill the kernel's
queue, and wait. A client that has sent a whole request and does not wait for its answer looks the same as one that leaves, so some of those
that have left are served.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Any

import uvloop

from ads_pipeline.api.allowance import Allowance

log = logging.getLogger(__name__)

AT_A_TIME = 64
"""Connections of clients that have left that are accepted before the loop does something else."""

LEFT_BURST, LEFT_RATE = 200.0, 100.0
"""How many connections of clients that have left are served, at once and a second."""

GONE_BURST, GONE_RATE = 400.0, 4000.0
"""How many connections of clients that have left are accepted, at once and a second: each takes some 30 microseconds."""

PAUSE, OUT_OF_FILES_PAUSE = 0.02, 1.0
"""Seconds without accepting when there are more, and when there is no file or memory for a connection."""

_ESTABLISHED, _CLOSE_WAIT = 1, 8
"""States of TCP: as it should be, and the client has closed its side in order. Any other: it has gone for good."""


class GuardedLoop(uvloop.Loop):
    """An event loop that accepts connections as `Acceptor` does."""

    async def create_server(self, protocol_factory: Any, *args: Any, sock: socket.socket | None = None, **more: Any) -> Any:
        """See `asyncio.loop.create_server`."""
        if sock is None:
            return await super().create_server(protocol_factory, *args, **more)
        return Acceptor(self, sock, protocol_factory)


class Acceptor:
    """Accepts connections of a socket that listens, which other processes may have too."""

    def __init__(self, loop: asyncio.AbstractEventLoop, listening: socket.socket, make: Callable[[], asyncio.BaseProtocol]) -> None:
        self._loop, self._listening, self._make = loop, listening, make
        self._tasks: set[asyncio.Task[None]] = set()
        self._left, self._gone, self._is_open = Allowance(LEFT_BURST, LEFT_RATE), Allowance(GONE_BURST, GONE_RATE), True
        listening.setblocking(False)
        self._start()

    def close(self) -> None:
        """Accept no more."""
        self._is_open = False
        self._loop.remove_reader(self._listening)

    async def wait_closed(self) -> None:
        """Wait until what was accepted has been handed on."""
        await asyncio.gather(*self._tasks)

    def _start(self) -> None:
        if self._is_open:
            self._loop.add_reader(self._listening, self._accept_some)

    def _pause(self, seconds: float) -> None:
        self._loop.remove_reader(self._listening)
        self._loop.call_later(seconds, self._start)

    def _accept_some(self) -> None:
        for _ in range(AT_A_TIME):
            try:
                connection, _ = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                log.error("no connection can be accepted (%s): trying again in %g s", error.strerror, OUT_OF_FILES_PAUSE)
                self._pause(OUT_OF_FILES_PAUSE)
                return
            if self._is_served(connection):
                connection.setblocking(False)
                task = self._loop.create_task(self._hand_on(connection))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
                return  # the next one may be for another worker, which has fewer
            connection.close()
            if not self._gone.take():
                self._pause(PAUSE)
                return

    def _is_served(self, connection: socket.socket) -> bool:
        """Whether its client is there, or has left and is one of few."""
        state = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
        return state == _ESTABLISHED or (state == _CLOSE_WAIT and self._left.take())

    async def _hand_on(self, connection: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._make, connection)
        except OSError:  # it has gone
            connection.close()
