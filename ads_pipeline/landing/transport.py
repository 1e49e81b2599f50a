"""An httpx transport with a deadline for the whole request.

httpx and httpcore bound each single read: a server that sends a byte now and then could keep a request busy for ever. httpcore takes
a network backend of one's own, httpx does not pass one on; so this transport has a connection pool of its own.
"""

import math
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from ads_pipeline.retrying import Deadline

NETWORK_ERRORS = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
)
"""What requests of this transport may raise."""

_deadline: ContextVar[Deadline] = ContextVar("deadline", default=lambda: math.inf)


@contextmanager
def bounded_by(deadline: Deadline) -> Iterator[None]:
    """Requests within the block, and reads of their responses, end at the deadline with an `httpcore.TimeoutException`."""
    token = _deadline.set(deadline)
    try:
        yield
    finally:
        _deadline.reset(token)


def is_past_deadline() -> bool:
    """Whether the deadline of the block has passed."""
    return time.monotonic() >= _deadline.get()()


class DeadlineTransport(httpx.BaseTransport):
    """Connections to the host of a URL, through the proxy that the environment names for it (`HTTPS_PROXY`, `NO_PROXY`, …).

    Raises:
        OSError: the certificates that `SSL_CERT_FILE` or `SSL_CERT_DIR` names cannot be read.
    """

    def __init__(self, url: str) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            proxy=_proxy(url),
            max_connections=100,
            keepalive_expiry=5,
            network_backend=_Network(httpcore.SyncBackend()),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; the response's content is still to be read."""
        url = httpcore.URL(
            scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path
        )  # fmt: skip
        sent = httpcore.Request(
            request.method, url, headers=request.headers.raw, content=cast("Iterable[bytes]", request.stream), extensions=request.extensions
        )
        response = self._pool.handle_request(sent)
        return httpx.Response(response.status, headers=response.headers, stream=_Content(response), extensions=response.extensions)

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()


class _Content(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        return self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


def _proxy(url: str) -> httpcore.Proxy | None:
    try:
        host, scheme = urlsplit(url).hostname or "", urlsplit(url).scheme
    except ValueError:
        return None  # the request will say that the URL is invalid
    proxies = getproxies()
    address = proxies.get(scheme) or proxies.get("all")
    if not address or proxy_bypass(host):
        return None
    proxy = httpx.Proxy(address if "://" in address else f"http://{address}")
    return httpcore.Proxy(str(proxy.url), auth=proxy.raw_auth, headers=proxy.headers.raw)


class _Network(httpcore.NetworkBackend):
    """Connections whose every wait ends at the deadline."""

    def __init__(self, network: httpcore.NetworkBackend) -> None:
        self._network = network

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, *address: Any, **options: Any) -> httpcore.NetworkStream:
        return _Stream(self._network.connect_tcp(host, port, _left(timeout), *address, **options))


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(timeout: float | None) -> float | None:
    """Seconds that a wait may take: its own timeout, or less when the deadline comes first."""
    left = _deadline.get()() - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    wait = min(left, math.inf if timeout is None else timeout)
    return None if wait == math.inf else wait
