"""Requests to an endpoint that is not trusted: every wait has a deadline, redirects stay on the endpoint's host, and each failure
is worth another try or not. What an endpoint is asked for belongs to `http` and `poster`.
"""

import logging
import math
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx

from ads_pipeline.days import utc_now
from ads_pipeline.errors import SettingsError

log = logging.getLogger(__name__)

TRIES = 6
"""How often a request is made without any progress."""

REDIRECTS = 3

UNSENDABLE = "a header of the request (the token, or an ETag that was listed) has characters that no header can have"

T = TypeVar("T")

Deadline = Callable[[], float]
"""When a request has to have ended, by the monotonic clock; may move with what has come."""

_deadline: ContextVar[Deadline] = ContextVar("deadline", default=lambda: math.inf)


class AgainError(Exception):
    """Worth another try, after the seconds that the endpoint asks for (None: it does not say)."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class RefusedError(Exception):
    """Not worth another try."""


class ChangedError(Exception):
    """The drop is not what was listed."""


class _Stream(httpcore.NetworkStream):
    """A connection whose every wait ends at the deadline of the request: what the driver bounds is a single read."""

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


class _Network(httpcore.NetworkBackend):
    def __init__(self, network: httpcore.NetworkBackend) -> None:
        self._network = network

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, *place: Any, **options: Any) -> httpcore.NetworkStream:
        return _Stream(self._network.connect_tcp(host, port, _left(timeout), *place, **options))


def _left(timeout: float | None) -> float | None:
    left = _deadline.get()() - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    wait = min(left, math.inf if timeout is None else timeout)
    return None if wait == math.inf else wait


def new_client(token: str, headers: dict[str, str], *, silent: float) -> httpx.Client:
    """A client that sends the token, and waits so many seconds for each sign of life.

    Raises:
        SettingsError: SSL_CERT_FILE cannot be read.
    """
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would log the URL, password and all
    headers = {"User-Agent": "ads_pipeline"} | headers | ({"Authorization": f"Bearer {token}"} if token else {})
    try:
        client = httpx.Client(headers=headers, timeout=httpx.Timeout(silent, connect=10), event_hooks={"response": [_keep_location]})
    except OSError as error:
        raise SettingsError(
            f"the certificates that SSL_CERT_FILE or SSL_CERT_DIR names cannot be read ({error.strerror}): correct it, or leave it out"
        ) from None
    for transport in (client._transport, *client._mounts.values()):
        if isinstance(transport, httpx.HTTPTransport):  # which has no parameter for this
            transport._pool._network_backend = _Network(transport._pool._network_backend)
    return client


def without_password(url: str) -> str:
    """A URL as it may be shown."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _keep_location(response: httpx.Response) -> None:
    """Redirects are followed here: httpx would take one to nowhere for a broken connection."""
    response.extensions["location"] = response.headers.pop("location", None)


@contextmanager
def opened(client: httpx.Client, url: str, query: dict[str, str], headers: dict[str, str], deadline: Deadline) -> Iterator[httpx.Response]:
    """A streamed response, redirects within the host followed.

    Raises:
        AgainError, RefusedError: it could not be had, or breaks off or meets the deadline within the block.
    """
    token, response = _deadline.set(deadline), None
    try:
        response = _followed(client, _url(url, query), headers)
        yield response
    except httpx.HTTPError as error:
        raise judged(error) from None
    finally:
        if response is not None:
            response.close()
        _deadline.reset(token)


def _url(url: str, query: dict[str, str]) -> httpx.URL:
    try:
        return httpx.URL(url, params=query or None)
    except httpx.InvalidURL:
        raise RefusedError("its URL is none that can be asked for") from None


def _followed(client: httpx.Client, url: httpx.URL, headers: dict[str, str]) -> httpx.Response:
    for _ in range(REDIRECTS + 1):
        try:
            response = client.send(client.build_request("GET", url, headers=headers), stream=True)
        except UnicodeEncodeError:
            raise RefusedError(UNSENDABLE) from None
        location = response.extensions["location"]
        if location is None or response.status_code not in (301, 302, 303, 307, 308):
            return response
        response.close()
        try:
            target = httpx.URL(urljoin(str(url), location))
        except (httpx.InvalidURL, ValueError):
            raise RefusedError("it redirects to what is no URL") from None
        if (target.scheme, target.host, target.port) != (url.scheme, url.host, url.port):
            raise RefusedError(f"it redirects to another host, {target.host}: if that is right, set ADS_LANDING_URL to it")
        url = target
    raise RefusedError(f"it redirects more than {REDIRECTS} times")


def judged(error: httpx.HTTPError) -> AgainError | RefusedError:
    """Whether a failure is worth another try. The token is in none of the texts."""
    text = str(error) or type(error).__name__
    if isinstance(error, httpx.TimeoutException) and time.monotonic() >= _deadline.get()():
        return RefusedError("the answer did not end before the deadline")
    if isinstance(error, httpx.ConnectError) and "certificate" in text.lower():
        return RefusedError(f"its certificate is not trusted: {text}")
    if isinstance(error, httpx.LocalProtocolError):  # whose text may be a header's value
        return RefusedError(UNSENDABLE)
    return RefusedError(text) if isinstance(error, httpx.UnsupportedProtocol) else AgainError(text)


def expect(response: httpx.Response, *statuses: int) -> None:
    """Take a response with one of these statuses.

    Raises:
        AgainError, RefusedError, ChangedError: it has another.
    """
    status = response.status_code
    if status in statuses:
        return
    reasons = {
        401: "it does not take this token, set ADS_LANDING_TOKEN",
        403: "this token may not read drops",
        404: "it has nothing there, or speaks no landing protocol",
    }
    if status == 412:
        raise ChangedError("the drop has changed since it was listed")
    if status in (408, 425, 429, 500, 502, 503, 504):
        raise AgainError(f"it answers {status}", _retry_after(response))
    raise RefusedError(reasons.get(status, f"it answers {status}"))


def _retry_after(response: httpx.Response) -> float | None:
    text = response.headers.get("retry-after", "")
    if re.fullmatch(r"\d{1,6}", text):
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - utc_now()).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def persistent(call: Callable[[], T], deadline: Deadline, progress: Callable[[], int] = lambda: 0) -> T:
    """A call's result, tried again with growing pauses until the deadline; a try that got further begins the count anew."""
    failures, reached = 0, progress()
    while True:
        try:
            return call()
        except AgainError as error:
            failures = failures + 1 if progress() <= reached else 1
            reached = max(reached, progress())
            pause = min(30.0, error.after if error.after is not None else 0.25 * 2**failures)
            if failures >= TRIES or time.monotonic() + pause > deadline():
                raise
            log.info("trying again in %.1f s: %s", pause, error)
            time.sleep(pause)
