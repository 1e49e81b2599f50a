"""The HTTP client for an endpoint that is not trusted: every wait has a deadline, redirects stay on the endpoint's host, and each failure
is either transient or permanent. What an endpoint is asked for belongs to `endpoint` and `poster`.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx

from ads_pipeline.days import utc_now
from ads_pipeline.errors import AdsError, SettingsError, TransientError
from ads_pipeline.landing.transport import NETWORK_ERRORS, DeadlineTransport, bounded_by, is_past_deadline
from ads_pipeline.retrying import Deadline

REDIRECTS = 3
"""How many redirects are followed for one request."""

TRANSIENT_STATUSES = {408, 425, 429, 500, 502, 503, 504}
"""HTTP statuses that a later try may not meet again."""

UNSENDABLE = "a request header (the token, or a listed ETag) has characters that HTTP does not allow"


class PermanentError(AdsError):
    """A request failed, and would fail again."""


class ChangedError(PermanentError):
    """The drop is not the one that was listed."""


class HttpClient:
    """Requests to one endpoint.

    Args:
        url: of the endpoint; its host is the only one that gets the token.
        token: sent as a bearer token if it is not empty.
        headers: sent with every request.
        silence: seconds to wait for each sign of life.

    Raises:
        SettingsError: SSL_CERT_FILE or SSL_CERT_DIR cannot be read.
    """

    def __init__(self, url: str, token: str, headers: dict[str, str], *, silence: float) -> None:
        logging.getLogger("httpx").setLevel(logging.WARNING)  # it would log the URL with its password
        headers = {"User-Agent": "ads_pipeline"} | headers | ({"Authorization": f"Bearer {token}"} if token else {})
        try:
            transport = DeadlineTransport(url)
        except OSError as error:
            raise SettingsError(
                f"the certificates that SSL_CERT_FILE or SSL_CERT_DIR names cannot be read ({error.strerror}): correct or unset it"
            ) from None
        timeout, hooks = httpx.Timeout(silence, connect=10), {"response": [_set_location_aside]}
        self._client = httpx.Client(transport=transport, headers=headers, timeout=timeout, event_hooks=hooks)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @contextmanager
    def get(self, url: str, query: dict[str, str], headers: dict[str, str], deadline: Deadline) -> Iterator[httpx.Response]:
        """A response whose content is read within the block; redirects within the host are followed.

        Raises:
            TransientError, PermanentError: the request failed, or its response broke off or met the deadline within the block.
        """
        response = None
        with bounded_by(deadline):
            try:
                response = self._follow(_parsed(url, query), headers)
                yield response
            except (httpx.HTTPError, *NETWORK_ERRORS) as error:
                raise _translated(error) from None
            finally:
                if response is not None:
                    response.close()

    def post(self, url: str, content: bytes, headers: dict[str, str]) -> httpx.Response:
        """The response to a POST; it has no deadline, as what is sent takes as long as it takes.

        Raises:
            TransientError, PermanentError: the request failed.
        """
        try:
            return self._client.post(_parsed(url, {}), content=content, headers=headers)
        except (httpx.HTTPError, *NETWORK_ERRORS) as error:
            raise _translated(error) from None

    def _follow(self, url: httpx.URL, headers: dict[str, str]) -> httpx.Response:
        for _ in range(REDIRECTS + 1):
            try:
                response = self._client.send(self._client.build_request("GET", url, headers=headers), stream=True)
            except UnicodeEncodeError:
                raise PermanentError(UNSENDABLE) from None
            location = response.extensions["location"]
            if location is None or response.status_code not in (301, 302, 303, 307, 308):
                return response
            response.close()
            url = _redirected(url, location)
        raise PermanentError(f"it redirects more than {REDIRECTS} times")


def without_password(url: str) -> str:
    """A URL as it may be shown."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def check_status(response: httpx.Response, *expected: int) -> None:
    """Accept a response that has one of these statuses.

    Raises:
        TransientError, PermanentError, ChangedError: it has another.
    """
    status = response.status_code
    if status in expected:
        return
    if status == 412:
        raise ChangedError("the drop has changed since it was listed")
    if status in TRANSIENT_STATUSES:
        raise TransientError(f"HTTP status {status}", _retry_after(response))
    reasons = {
        401: "it does not accept this token: set ADS_LANDING_TOKEN",
        403: "this token may not read drops",
        404: "there is nothing at this URL, or it does not speak the landing protocol",
    }
    raise PermanentError(reasons.get(status, f"HTTP status {status}"))


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds that the header asks to wait; None without one that can be read."""
    text = response.headers.get("retry-after", "")
    if re.fullmatch(r"\d{1,6}", text):
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - utc_now()).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def _parsed(url: str, query: dict[str, str]) -> httpx.URL:
    try:
        return httpx.URL(url, params=query or None)
    except httpx.InvalidURL as error:
        raise PermanentError(f"invalid URL: {error}") from None


def _set_location_aside(response: httpx.Response) -> None:
    """Redirects are followed here: httpx would report an invalid one as a broken connection."""
    response.extensions["location"] = response.headers.pop("location", None)


def _redirected(url: httpx.URL, location: str) -> httpx.URL:
    try:
        target = httpx.URL(urljoin(str(url), location))
    except (httpx.InvalidURL, ValueError):
        raise PermanentError("it redirects to an invalid URL") from None
    if (target.scheme, target.host, target.port) != (url.scheme, url.host, url.port):
        raise PermanentError(f"it redirects to another host, {target.host}: if that is right, set ADS_LANDING_URL to it")
    return target


def _translated(error: Exception) -> TransientError | PermanentError:
    """A driver's error as one of ours; its text never has the token."""
    text = str(error) or type(error).__name__
    if isinstance(error, httpcore.TimeoutException) and is_past_deadline():
        return PermanentError("the response did not end before the deadline")
    if isinstance(error, httpcore.ConnectError) and "certificate" in text.lower():
        return PermanentError(f"its certificate is not trusted: {text}")
    if isinstance(error, httpcore.LocalProtocolError):  # its text may be the value of a header
        return PermanentError(UNSENDABLE)
    return PermanentError(text) if isinstance(error, httpcore.UnsupportedProtocol) else TransientError(text)
