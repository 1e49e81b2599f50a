"""A landing store behind HTTP that speaks the landing protocol (`docs/landing-protocol.md`); drops are fetched to local files.

An endpoint is not trusted: what it lists and sends is held to sizes, ETags and deadlines, and only its host gets the token.
"""

import time
import weakref
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

import httpx
from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from ads_pipeline.errors import DropError, GoneError, LandingError, NotFetchedError, TransientError
from ads_pipeline.landing.drops import UNKNOWN, Drop, format_of, is_hidden, landed_day_of
from ads_pipeline.landing.http import ChangedError, HttpClient, PermanentError, check_status, without_password
from ads_pipeline.landing.look import Look
from ads_pipeline.retrying import Deadline, retrying

FETCHERS = 8
"""Drops fetched at the same time."""

FETCH_TRIES, FIRST_PAUSE, LONGEST_PAUSE = 6, 0.5, 30.0
"""How often a request is made without progress, and the seconds between: the first pause, which doubles, and the longest."""

LISTING_SECONDS, DROP_SECONDS, BYTES_PER_SECOND = 600.0, 120.0, 64 << 10
"""Deadlines: of a whole listing; of a drop, and how many bytes have to come for each second more."""

PAGE, PAGE_BYTES = 1000, 16 << 20
"""Drops asked for in a page, and the bytes that it may have."""


class _Listed(BaseModel):
    name: str = Field(min_length=1, max_length=2000)
    source: str = Field(min_length=1, max_length=200)
    size: int = Field(ge=0, lt=1 << 63)
    etag: str = Field(min_length=1, max_length=500)
    landed_at: AwareDatetime = Field(ge=datetime(1970, 1, 1, tzinfo=UTC), lt=datetime(2149, 6, 6, tzinfo=UTC))


class _Page(BaseModel):
    drops: list[_Listed]
    next: str | None = None


class HttpStore:
    """Drops at an endpoint such as `https://host/v1`."""

    def __init__(self, url: str, token: str = "") -> None:
        self._url = url.rstrip("/")
        self._client = HttpClient(self._url, token, {"Accept-Encoding": "identity"}, silence=30)
        weakref.finalize(self, self._client.close)

    @property
    def url(self) -> str:
        """The endpoint, without a password that is in it."""
        return without_password(self._url)

    def list(self, after: str = "", look: Look | None = None) -> Iterator[Drop]:
        """See `LandingStore.list`; page by page."""
        return look.through(self._listed, after) if look else self._listed(after)

    def find(self, name: str) -> Drop | None:
        """See `LandingStore.find`: the first drop after all names before this one."""
        before = f"{name[:-1]}{chr(max(ord(name[-1]) - 1, 1))}\U0010ffff"
        found = self._page(before, 1, _in(60)).drops
        return _drop(found[0]) if found and found[0].name == name and not is_hidden(name) else None

    def _listed(self, after: str) -> Iterator[Drop]:
        cursors, cursor = set[str](), after
        deadline = _in(LISTING_SECONDS)
        while True:
            page = self._page(cursor, PAGE, deadline)
            for item in page.drops:
                if is_hidden(item.name):
                    continue
                yield _drop(item)
            if page.next is None:
                break
            if page.next in cursors or not page.drops:
                raise LandingError(f"the listing of {self.url} never ends: it leads back to {page.next[:100]!r}, or to empty pages")
            cursors.add(page.next)
            cursor = page.next

    def _page(self, cursor: str, limit: int, deadline: Deadline) -> _Page:
        query = {"limit": str(limit)} | ({"after": cursor} if cursor else {})
        persistent = retrying(tries=FETCH_TRIES, pause=FIRST_PAUSE, longest_pause=LONGEST_PAUSE, deadline=deadline)
        try:
            return persistent(self._ask_for_page, query, deadline)
        except (PermanentError, TransientError) as error:
            remedy = "check ADS_LANDING_URL and ADS_LANDING_TOKEN"
            raise LandingError(f"the landing store {self.url} cannot be listed ({error}): {remedy}") from None

    def _ask_for_page(self, query: dict[str, str], deadline: Deadline) -> _Page:
        with self._client.get(f"{self._url}/drops", query, {}, deadline) as response:
            check_status(response, 200)
            data = bytearray()
            for piece in response.iter_raw():
                data += piece
                if len(data) > PAGE_BYTES:
                    raise PermanentError("a page of the listing is larger than 16 MiB")
        try:
            return _Page.model_validate_json(bytes(data))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            field = ".".join(map(str, first["loc"])) or "the body"
            raise PermanentError(f"it does not speak the landing protocol: {field}: {first['msg']}") from None

    def fetch(self, drops: Sequence[Drop], folder: Path) -> dict[str, Path | DropError]:
        """See `LandingStore.fetch`; size and ETag are verified."""
        with ThreadPoolExecutor(FETCHERS) as fetchers:
            paths = [folder / f"fetched-{number}" for number, _ in enumerate(drops)]
            return {drop.name: found for drop, found in zip(drops, fetchers.map(self._fetch, drops, paths), strict=True)}

    def _fetch(self, drop: Drop, path: Path) -> Path | DropError:
        started = time.monotonic()
        try:
            with path.open("wb") as file:

                def deadline() -> float:
                    return started + DROP_SECONDS + file.tell() / BYTES_PER_SECOND

                persistent = retrying(
                    tries=FETCH_TRIES, pause=FIRST_PAUSE, longest_pause=LONGEST_PAUSE, deadline=deadline, progress=file.tell
                )
                persistent(self._transfer, drop, file, deadline)
        except GoneError as error:
            return error
        except (TransientError, ChangedError) as error:
            return NotFetchedError(f"{drop.name} could not be fetched ({error}); the next ingest tries again")
        except PermanentError as error:
            return DropError(f"{drop.name} could not be fetched: {error}; then `ads drops retry`")
        except OSError as error:
            raise LandingError(f"drops cannot be fetched to {path.parent} ({error.strerror}): make room") from error
        return path

    def _transfer(self, drop: Drop, file: BinaryIO, deadline: Deadline) -> None:
        """Fetch what is missing of a drop, from where the last transfer broke off."""
        start = file.tell()
        if start and start == drop.size:
            return
        headers = {"If-Match": f'"{drop.etag}"'} | ({"Range": f"bytes={start}-"} if start else {})
        with self._client.get(f"{self._url}/drops/{quote(drop.name)}", {}, headers, deadline) as response:
            if response.status_code in (404, 410):
                raise GoneError(drop.name)
            check_status(response, *([206, 200] if start else [200]))
            if response.status_code == 200 and start:
                file.seek(0)
                file.truncate()
                start = 0
            _verify(response, drop, start)
            for piece in response.iter_raw():
                if file.tell() + len(piece) > drop.size:
                    raise PermanentError(f"it sends more than the {drop.size} bytes that were listed")
                file.write(piece)
        if file.tell() < drop.size:
            raise TransientError(f"it sends {file.tell()} bytes, and {drop.size} were listed")

    def is_current(self, drop: Drop) -> bool:
        """See `LandingStore.is_current`; what was fetched has the ETag that was listed."""
        return True

    def is_gone(self, drop: Drop) -> bool:
        """See `LandingStore.is_gone`; a fetch has told."""
        return False

    def check(self) -> str:
        """See `LandingStore.check`."""
        self._page("", 1, _in(60))
        return f"endpoint {self.url}"


def _verify(response: httpx.Response, drop: Drop, start: int) -> None:
    """Check that a response is of the listed drop, from the byte asked for."""
    etag = response.headers.get("etag")
    if etag is not None and etag.removeprefix("W/").strip('"') != drop.etag:
        raise ChangedError("the drop has changed since it was listed")
    if etag is None and start and response.status_code == 206:
        raise PermanentError("it sends a range without an ETag, which may be of another version than the bytes before")
    if response.headers.get("content-encoding", "identity") != "identity":
        raise PermanentError("it compresses the transfer, and a drop has to be sent as it is stored")
    if response.status_code == 206 and not response.headers.get("content-range", "").startswith(f"bytes {start}-"):
        raise PermanentError("it sends another range than was asked for")
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length) != drop.size - start:
        raise PermanentError(f"it announces {int(length) + start} bytes, and {drop.size} were listed")


def _in(seconds: float) -> Deadline:
    end = time.monotonic() + seconds
    return lambda: end


def _drop(item: _Listed) -> Drop:
    """The drop of a listed item. Its name is only ever quoted, never a local path."""
    form = format_of(item.name) or UNKNOWN
    landed_at = item.landed_at.astimezone(UTC)
    return Drop(item.name, item.source, form, item.size, item.etag, landed_at, landed_day_of(item.name, landed_at))
