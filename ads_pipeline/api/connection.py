"""One connection: what a client may send before its request is looked at, and how long it may leave the service waiting.

A request reaches the application when it is whole, or when `PIECE` bytes of its body have come: a client that sends byte by byte, or
leaves, costs the parser's time and no more. uvicorn alone would wait for ever, and wake the application for each byte.
"""

import asyncio
from fcntl import ioctl
from termios import FIONREAD
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from ads_pipeline.api.body import READ_SECONDS
from ads_pipeline.api.connections import Connections
from ads_pipeline.api.limits import network

HEAD_BYTES, HEAD_SECONDS = 1 << 16, 30
"""How large the head of a request (its line and headers) may be, and how long it may take."""

PIECE = 1 << 14
"""Bytes of a body that are handed on together."""

PIPELINED, AWAY_SECONDS = 8, 1.0
"""How many requests may wait on a connection for the answer to an earlier one; of a client that sends more nothing is read any more, and
after so many seconds its connection is closed: closed at once, it would come again at once."""

UNREAD_SECONDS = 60
"""How long a client may read nothing of an answer that waits for it."""


class TooManyPipelinedError(Exception):
    """Ends the parser."""


class BoundedProtocol(HttpToolsProtocol):
    """A connection that is closed when a head or the first bytes of a body do not come, or an answer is not read."""

    address = ""
    proven = False

    _timer: asyncio.TimerHandle | None = None
    _unread_timer: asyncio.TimerHandle | None = None
    _in_head = False
    _head_bytes = 0
    _is_sent_away = False
    _held_back: tuple[RequestResponseCycle, Any] | None = None

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._all: Connections = self.app_state.setdefault("connections", Connections())

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The head of the first request has to come."""
        super().connection_made(transport)
        self.address = network(self.client[0]) if self.client else ""
        self._await_head()
        self._all.opened(self)

    def has_unread(self) -> bool:
        """Whether the client has sent what is not read yet."""
        size = bytearray(4)
        ioctl(self.transport.get_extra_info("socket").fileno(), FIONREAD, size)
        return any(size)

    def abort(self) -> None:
        """Close it at once."""
        self._held_back = None
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Parse what has come, and count the bytes of a head."""
        if self._is_sent_away:
            return
        self._unset_keepalive_if_required()
        in_head = self._in_head
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as error:
            self._without_upgrade(data[error.args[0] :])
            return
        except httptools.HttpParserError as error:
            if isinstance(error.__context__, TooManyPipelinedError):
                self._send_away()
                return
            self._refuse(400, "Invalid HTTP request received.")
        if self._held_back and self._is_enough(self._held_back[0]):
            self._start_held_back(*self._held_back)
        if in_head and self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self._refuse_head()

    def _send_away(self) -> None:
        """Look at nothing more, and close the connection in a while."""
        self._is_sent_away, self._held_back = True, None
        self.pipeline.clear()
        self.flow.pause_reading()
        self._stop_timer()
        self._timer = self.loop.call_later(AWAY_SECONDS, self.abort)

    def _without_upgrade(self, rest: bytes) -> None:
        """Parse a request again without its wish for another protocol, as for HTTP/2 by Java: the parser takes its body for that."""
        if not self._held_back or self._held_back[0] is not self.cycle:  # it waits for the answer to an earlier one
            self.abort()
            return
        if self.parser.get_method() == b"CONNECT":
            self._refuse(400, "The service is no proxy.")
            return
        kept = [(name, value) for name, value in self.headers if name not in (b"upgrade", b"connection", b"http2-settings")]
        line = b"%b %b HTTP/%b\r\n" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        self._held_back, self.cycle = None, None  # type: ignore[assignment]
        self.parser = httptools.HttpRequestParser(self)
        self.data_received(line + b"".join(b"%b: %b\r\n" % header for header in kept) + b"\r\n" + rest)

    def on_message_begin(self) -> None:
        """The first byte of a head has come.

        Raises:
            TooManyPipelinedError: too many requests wait on this connection.
        """
        if len(self.pipeline) >= PIPELINED:
            raise TooManyPipelinedError
        super().on_message_begin()
        if not self._in_head:
            self._await_head()

    def on_headers_complete(self) -> None:
        """The head is complete."""
        self._in_head = False
        self._stop_timer()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body has come: it is handed on with what comes soon, unless it is large."""
        if self.cycle.response_complete:
            return
        self.cycle.body += body
        if self._is_enough(self.cycle):
            super().on_body(b"")

    def on_message_complete(self) -> None:
        """The request is complete: from now on the client waits."""
        if not self.cycle.response_complete:
            self._all.goes_on(self)
        super().on_message_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Call the application, or wait for more of the request, unless it is refused in any case."""
        if self._is_enough(cycle) or _length(cycle) > self._all.most_body:
            super()._start_asgi_task(cycle, app)
        else:
            if cycle.waiting_for_100_continue:
                cycle.waiting_for_100_continue = False
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._held_back = cycle, app
            self._timer = self.loop.call_later(READ_SECONDS, self._refuse, 408, f"The body does not come within {READ_SECONDS} seconds.")

    def _start_held_back(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._held_back = None
        if not self._in_head:
            self._stop_timer()
        super()._start_asgi_task(cycle, app)

    def _is_enough(self, cycle: RequestResponseCycle) -> bool:
        """Whether the application is to see a request now."""
        return not cycle.more_body or len(cycle.body) >= PIECE

    def on_response_complete(self) -> None:
        """The answer is complete: the connection is idle."""
        scope = self.cycle.scope
        self.proven = self.proven or bool(scope["state"].get("caller") and scope["path"].startswith("/v1/"))
        if not self.pipeline:
            self._all.waits(self)
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._held_back = None
        self._stop_timer()
        self._stop_unread_timer()
        self._all.closed(self)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client reads more slowly than the answer is made."""
        super().pause_writing()
        self._all.waits(self)
        self._unread_timer = self.loop.call_later(UNREAD_SECONDS, self.abort)

    def resume_writing(self) -> None:
        """The client has read some."""
        self._stop_unread_timer()
        if not self.cycle.response_complete:
            self._all.goes_on(self)
        super().resume_writing()

    def _stop_unread_timer(self) -> None:
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None

    def _await_head(self) -> None:
        self._in_head, self._head_bytes = True, 0
        if self.cycle is None or self.cycle.response_complete:
            self._all.waits(self)
        self._timer = self.loop.call_later(HEAD_SECONDS, self._refuse_head)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse_head(self) -> None:
        self._refuse(400, f"The headers are larger than {HEAD_BYTES} bytes, or take longer than {HEAD_SECONDS} seconds.")

    def _refuse(self, status: int, message: str) -> None:
        """Answer what is not looked at, and close the connection."""
        self._stop_timer()
        self._held_back = None
        if not self.transport.is_closing():
            head = b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(message)
            self.transport.write(STATUS_LINE[status] + head + message.encode())
            self.transport.close()


def _length(cycle: RequestResponseCycle) -> int:
    """The `Content-Length` of a request; the parser has seen that it is a number."""
    return next((int(value) for name, value in cycle.scope["headers"] if name == b"content-length"), 0)
