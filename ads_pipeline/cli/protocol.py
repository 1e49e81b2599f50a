"""HTTP as uvicorn speaks it, with bounds on what a client may send before anybody looks at its key, and on how long it may take nothing."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES, HEAD_SECONDS = 1 << 16, 30
"""What the head of a request (its line and headers) may have, and how long it may take."""

UNREAD_SECONDS = 60
"""How long a client may take nothing of an answer."""


class BoundedProtocol(HttpToolsProtocol):
    """A connection that is closed when a head does not end, or an answer is not taken. The driver would wait for ever."""

    _late: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A head is awaited."""
        super().connection_made(transport)
        self._await_head()

    def on_message_begin(self) -> None:
        """The first byte of a head has come."""
        super().on_message_begin()
        if self._late is None:
            self._await_head()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._forget_head()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Bytes of a head have come, or others."""
        awaited = self._late is not None
        super().data_received(data)
        if awaited and self._late is not None:
            self._bytes += len(data)
            if self._bytes > HEAD_BYTES:
                self._refuse()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._forget_head()
        self._forget_unread()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """So much of an answer waits that no more is made."""
        super().pause_writing()
        self._unread = self.loop.call_later(UNREAD_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has taken of it."""
        self._forget_unread()
        super().resume_writing()

    def _forget_unread(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _await_head(self) -> None:
        self._bytes = 0
        self._late = self.loop.call_later(HEAD_SECONDS, self._refuse)

    def _forget_head(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _refuse(self) -> None:
        self._forget_head()
        if not self.transport.is_closing():
            self.send_400_response(f"The headers are larger than {HEAD_BYTES} bytes, or take longer than {HEAD_SECONDS} seconds.")
