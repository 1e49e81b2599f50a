"""The HTTP server: uvicorn, with bounds on what a client may send before its key is checked, and on how long it may read nothing."""

import asyncio
import resource
import socket
import sys
from pathlib import Path

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.supervisors import ChangeReload, Multiprocess

from ads_pipeline.errors import AdsError

HEAD_BYTES, HEAD_SECONDS = 1 << 16, 30
"""How large the head of a request (its line and headers) may be, and how long it may take."""

CONNECTIONS = 1000
"""How many connections a worker keeps open, unless the settings say otherwise."""

PIPELINED = 16
"""How many requests may wait on a connection for the answer to an earlier one; a client that sends more is sent away."""

UNREAD_SECONDS = 60
"""How long a client may read nothing of an answer that waits for it."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; taken before the service touches any file of a service that has the port already.

    Raises:
        AdsError: the port is taken, or the address is not one of this machine.
    """
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=2048)
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]
        raise AdsError(f"cannot listen on port {port} of {host} ({reason}): stop what uses it, or choose another --port") from None


def run(listening: socket.socket, workers: int, *, reload: bool) -> None:
    """Serve until told to stop; returns when everything accepted is sealed.

    Raises:
        AdsError: the service did not start.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # each connection is a file
    config = uvicorn.Config(
        "ads_pipeline.api.app:create_app", factory=True, http=BoundedProtocol, workers=workers, reload=reload, access_log=False,
        log_level="warning", server_header=False, timeout_graceful_shutdown=30,
        reload_dirs=[str(Path(__file__).parents[1])] if reload else None,
    )  # fmt: skip
    server = uvicorn.Server(config)
    try:
        if reload:
            ChangeReload(config, target=server.run, sockets=[listening]).run()
        elif workers > 1:
            supervisor = Multiprocess(config, sockets=[listening])
            supervisor.run()
            if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
                sys.exit(STARTUP_FAILURE)
        else:
            server.run(sockets=[listening])
    except KeyboardInterrupt:  # everything is sealed by now
        pass
    except SystemExit as error:
        raise AdsError("the service could not start: see the log above") from error


class BoundedProtocol(HttpToolsProtocol):
    """A connection that is closed when a head does not end or an answer is not read. uvicorn alone would wait for ever.

    When there are too many, the one that has waited for its client for the longest is closed: one that is idle, sends slowly, or does
    not read. Where none waits, the newest is.
    """

    _waits_since: float | None = None

    _head_timer: asyncio.TimerHandle | None = None
    _unread_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The head of the first request has to come."""
        super().connection_made(transport)
        self._await_head()
        if len(self.connections) > self.app_state.get("connections", CONNECTIONS):
            waiting = [
                other for other in self.connections if isinstance(other, BoundedProtocol) and other._waits_since and other is not self
            ]
            min(waiting, key=lambda other: other._waits_since or 0, default=self).transport.abort()

    def on_message_begin(self) -> None:
        """The first byte of a head has come.

        Raises:
            ConnectionAbortedError: too many requests wait on this connection; it ends the parser.
        """
        if len(self.pipeline) >= PIPELINED:
            self.transport.abort()
            raise ConnectionAbortedError
        super().on_message_begin()
        if self._head_timer is None:
            self._await_head()

    def on_headers_complete(self) -> None:
        """The head is complete."""
        self._stop_head_timer()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is complete: from now on the client waits."""
        if not self.cycle.response_complete:
            self._waits_since = None
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The answer is complete: the connection is idle."""
        self._waits_since = self.loop.time()
        super().on_response_complete()

    def data_received(self, data: bytes) -> None:
        """Count the bytes of a head."""
        in_head = self._head_timer is not None
        super().data_received(data)
        if in_head and self._head_timer is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self._refuse_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._stop_head_timer()
        self._stop_unread_timer()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client reads more slowly than the answer is made."""
        super().pause_writing()
        self._waits_since = self.loop.time()
        self._unread_timer = self.loop.call_later(UNREAD_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has read some."""
        self._stop_unread_timer()
        self._waits_since = None
        super().resume_writing()

    def _stop_unread_timer(self) -> None:
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None

    def _await_head(self) -> None:
        self._head_bytes, self._waits_since = 0, self.loop.time()
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._refuse_head)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _refuse_head(self) -> None:
        self._stop_head_timer()
        if not self.transport.is_closing():
            self.send_400_response(f"The headers are larger than {HEAD_BYTES} bytes, or take longer than {HEAD_SECONDS} seconds.")
