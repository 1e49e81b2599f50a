"""A landing store behind HTTP that speaks the landing protocol (`docs/landing-protocol.md`); drops are brought to local files.

An endpoint is not trusted: what it lists and sends is held to sizes, ETags and deadlines, and the token goes to its host alone.
"""

import logging
import re
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, BinaryIO, TypeVar
from urllib.parse import quote, urljoin, urlsplit

import httpx
from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from ads_pipeline.days import utc_now
from ads_pipeline.errors import DropError, LandingError, NotBroughtError
from ads_pipeline.landing.drops import Drop, format_of, is_hidden, landed_day_of
from ads_pipeline.landing.stores import Skipped

log = logging.getLogger(__name__)

READERS = 8
"""Drops brought at the same time."""

TRIES = 6
"""How often a request is made without any progress."""

LISTING_SECONDS, DROP_SECONDS, BYTES_PER_SECOND = 600.0, 120.0, 64 << 10
"""Deadlines: of a whole listing; of a drop, and the slowest transfer that lengthens it."""

PAGE, PAGE_BYTES = 1000, 16 << 20
"""Drops asked for in a page, and the bytes that it may have."""

REDIRECTS = 3

T = TypeVar("T")


class _Listed(BaseModel):
    name: str = Field(min_length=1, max_length=2000)
    source: str = Field(min_length=1, max_length=200)
    size: int = Field(ge=0, lt=1 << 63)
    etag: str = Field(min_length=1, max_length=500)
    landed_at: AwareDatetime = Field(ge=datetime(1970, 1, 1, tzinfo=UTC), lt=datetime(2149, 6, 6, tzinfo=UTC))


class _Page(BaseModel):
    drops: list[_Listed]
    next: str | None = None


class _AgainError(Exception):
    """Worth another try, after the seconds that the endpoint asks for (None: it does not say)."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class _RefusedError(Exception):
    """Not worth another try."""


class _ChangedError(Exception):
    """The drop is not what was listed."""


class HttpStore:
    """Drops at an endpoint such as `https://host/v1`."""

    def __init__(self, url: str, token: str = "") -> None:
        self._url = url.rstrip("/")
        logging.getLogger("httpx").setLevel(logging.WARNING)  # it would log the URL, password and all
        headers = {"Accept-Encoding": "identity", "User-Agent": "ads_pipeline"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._client = httpx.Client(headers=headers, timeout=httpx.Timeout(30, connect=10), follow_redirects=False)
        weakref.finalize(self, self._client.close)

    @property
    def url(self) -> str:
        """The endpoint, without a password that stands in it."""
        parts = urlsplit(self._url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()

    def list(self, after: str = "") -> Iterator[Drop]:
        """See `LandingStore.list`; page by page."""
        skipped, cursors = Skipped(self.url), set[str]()
        deadline, cursor = time.monotonic() + LISTING_SECONDS, after
        while True:
            page = self._page(cursor, PAGE, deadline)
            for item in page.drops:
                if is_hidden(item.name):
                    continue
                drop = _drop(item)
                if drop:
                    yield drop
                else:
                    skipped.add(item.name)
            if page.next is None:
                break
            if page.next in cursors or not page.drops:
                raise LandingError(f"the listing of {self.url} never ends: it leads back to {page.next[:100]!r}, or to empty pages")
            cursors.add(page.next)
            cursor = page.next
        skipped.tell()

    def _page(self, cursor: str, limit: int, deadline: float) -> _Page:
        def ask() -> _Page:
            with self._opened("drops", {"after": cursor, "limit": str(limit)} if cursor else {"limit": str(limit)}) as response:
                _expect(response, 200)
                data = bytearray()
                for piece in response.iter_raw():
                    data += piece
                    if len(data) > PAGE_BYTES or time.monotonic() > deadline:
                        raise _RefusedError("a page of the listing is larger than 16 MiB, or the listing takes longer than 10 minutes")
                try:
                    return _Page.model_validate_json(bytes(data))
                except ValidationError as error:
                    first = error.errors(include_url=False, include_input=False)[0]
                    place = ".".join(map(str, first["loc"])) or "the body"
                    raise _RefusedError(f"it does not speak the landing protocol: {place}: {first['msg']}") from None

        try:
            return _persistent(ask, deadline)
        except (_RefusedError, _AgainError, _ChangedError) as error:
            remedy = "check ADS_LANDING_URL and ADS_LANDING_TOKEN"
            raise LandingError(f"the landing store {self.url} cannot be listed ({error}): {remedy}") from None

    def fetch(self, drops: Sequence[Drop], folder: Path) -> dict[str, Path | DropError]:
        """See `LandingStore.fetch`; size and ETag are verified."""
        with ThreadPoolExecutor(READERS) as readers:
            paths = [folder / f"fetched-{number}" for number, _ in enumerate(drops)]
            return {drop.name: found for drop, found in zip(drops, readers.map(self._bring, drops, paths), strict=True)}

    def _bring(self, drop: Drop, path: Path) -> Path | DropError:
        deadline = time.monotonic() + DROP_SECONDS + drop.size / BYTES_PER_SECOND
        try:
            with path.open("wb") as file:
                _persistent(lambda: self._transfer(drop, file, deadline), deadline, file.tell)
        except _RefusedError as error:
            return DropError(f"{drop.name} could not be brought: {error}; then `ads drops retry`")
        except (_AgainError, _ChangedError) as error:
            return NotBroughtError(f"{drop.name} could not be brought ({error}); the next ingest tries again")
        except OSError as error:
            raise LandingError(f"drops cannot be brought to {path.parent} ({error.strerror}): make room") from error
        return path

    def _transfer(self, drop: Drop, file: BinaryIO, deadline: float) -> None:
        """Bring what is missing of a drop, from where the last transfer broke off."""
        start = file.tell()
        if start and start == drop.size:
            return
        headers = {"If-Match": f'"{drop.etag}"'} | ({"Range": f"bytes={start}-"} if start else {})
        with self._opened("drops/" + quote(drop.name), {}, headers) as response:
            if response.status_code == 404:
                raise _ChangedError("it was removed after it was listed")
            _expect(response, *([206, 200] if start else [200]))
            if response.status_code == 200 and start:
                file.seek(0)
                file.truncate()
                start = 0
            _verify(response, drop, start)
            for piece in response.iter_raw():
                if file.tell() + len(piece) > drop.size:
                    raise _RefusedError(f"it sends more than the {drop.size} bytes that were listed")
                if time.monotonic() > deadline:
                    raise _RefusedError(f"{file.tell()} of {drop.size} bytes arrived before the deadline")
                file.write(piece)
        if file.tell() < drop.size:
            raise _AgainError(f"it sends {file.tell()} bytes, and {drop.size} were listed")

    def _opened(self, path: str, query: dict[str, str], headers: dict[str, str] | None = None) -> "_Opened":
        return _Opened(self._client, f"{self._url}/{path}", query, headers or {})

    def is_current(self, drop: Drop) -> bool:
        """See `LandingStore.is_current`; what was brought was brought under this ETag."""
        return True

    def check(self) -> str:
        """See `LandingStore.check`."""
        self._page("", 1, time.monotonic() + 60)
        return f"endpoint {self.url}"


class _Opened:
    """A streamed response, redirects within the endpoint's host followed; every failure as worth another try or not."""

    def __init__(self, client: httpx.Client, url: str, query: dict[str, str], headers: dict[str, str]) -> None:
        self._client, self._url, self._query, self._headers = client, url, query, headers
        self._response: httpx.Response | None = None

    def __enter__(self) -> httpx.Response:
        try:
            url = httpx.URL(self._url, params=self._query or None)
        except httpx.InvalidURL as error:
            raise _RefusedError(str(error)) from None
        for _ in range(REDIRECTS + 1):
            try:
                response = self._client.send(self._client.build_request("GET", url, headers=self._headers), stream=True)
            except httpx.HTTPError as error:
                raise _judged(error) from None
            except UnicodeEncodeError:
                raise _RefusedError("its ETag has characters that no header can have") from None
            self._response = response
            if not response.has_redirect_location:
                return response
            response.close()
            target = httpx.URL(urljoin(str(url), response.headers["location"]))
            if (target.scheme, target.host, target.port) != (url.scheme, url.host, url.port):
                raise _RefusedError(f"it redirects to another host, {target.host}: if that is right, set ADS_LANDING_URL to it")
            url = target
        raise _RefusedError(f"it redirects more than {REDIRECTS} times")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        if self._response is not None:
            self._response.close()
        if isinstance(error, httpx.HTTPError):
            raise _judged(error) from None


def _judged(error: httpx.HTTPError) -> Exception:
    text = str(error) or type(error).__name__
    if isinstance(error, httpx.ConnectError) and "certificate" in text.lower():
        return _RefusedError(f"its certificate is not trusted: {text}")
    if isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError):
        return _RefusedError(text)
    return _AgainError(text)


def _expect(response: httpx.Response, *statuses: int) -> None:
    status = response.status_code
    if status in statuses:
        return
    reasons = {
        401: "it does not take this token, set ADS_LANDING_TOKEN",
        403: "this token may not read drops",
        404: "it has nothing there, or speaks no landing protocol",
    }
    if status == 412:
        raise _ChangedError("the drop has changed since it was listed")
    if status in (408, 425, 429, 500, 502, 503, 504):
        raise _AgainError(f"it answers {status}", _retry_after(response))
    raise _RefusedError(reasons.get(status, f"it answers {status}"))


def _retry_after(response: httpx.Response) -> float | None:
    text = response.headers.get("retry-after", "")
    if re.fullmatch(r"\d{1,6}", text):
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - utc_now()).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def _verify(response: httpx.Response, drop: Drop, start: int) -> None:
    """That a response is of the drop listed, from the byte asked for."""
    etag = response.headers.get("etag")
    if etag is not None and etag.removeprefix("W/").strip('"') != drop.etag:
        raise _ChangedError("the drop has changed since it was listed")
    if etag is None and start and response.status_code == 206:
        raise _RefusedError("it sends no ETag, without which the rest of a broken transfer may be of other bytes")
    if response.headers.get("content-encoding", "identity") != "identity":
        raise _RefusedError("it compresses the transfer, and a drop has to come as it is stored")
    if response.status_code == 206 and not response.headers.get("content-range", "").startswith(f"bytes {start}-"):
        raise _RefusedError("it sends another range than was asked for")
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length) != drop.size - start:
        raise _RefusedError(f"it announces {int(length) + start} bytes, and {drop.size} were listed")


def _persistent(call: Callable[[], T], deadline: float, progress: Callable[[], int] = lambda: 0) -> T:
    """A call's result, tried again with growing pauses until the deadline; a try that got further begins the count anew."""
    failures, reached = 0, progress()
    while True:
        try:
            return call()
        except _AgainError as error:
            failures = failures + 1 if progress() <= reached else 1
            reached = max(reached, progress())
            pause = min(30.0, error.after if error.after is not None else 0.25 * 2**failures)
            if failures >= TRIES or time.monotonic() + pause > deadline:
                raise
            log.info("trying again in %.1f s: %s", pause, error)
            time.sleep(pause)


def _drop(item: _Listed) -> Drop | None:
    """The drop of a listed item, or None when its ending tells no format. Its name is only ever quoted, never a local path."""
    form = format_of(item.name)
    if form is None:
        return None
    landed_at = item.landed_at.astimezone(UTC)
    return Drop(item.name, item.source, form, item.size, item.etag, landed_at, landed_day_of(item.name, landed_at))
