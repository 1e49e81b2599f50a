"""A landing store behind HTTP that speaks the landing protocol (`docs/landing-protocol.md`); drops are brought to local files.

An endpoint is not trusted: what it lists and sends is held to sizes, ETags and deadlines, and the token goes to its host alone.
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

from ads_pipeline.errors import DropError, LandingError, NotBroughtError
from ads_pipeline.landing.drops import Drop, format_of, is_hidden, landed_day_of
from ads_pipeline.landing.exchange import (
    AgainError,
    ChangedError,
    Deadline,
    RefusedError,
    expect,
    new_client,
    opened,
    persistent,
    without_password,
)
from ads_pipeline.landing.stores import Skipped

READERS = 8
"""Drops brought at the same time."""

LISTING_SECONDS, DROP_SECONDS, BYTES_PER_SECOND = 600.0, 120.0, 64 << 10
"""Deadlines: of a whole listing; of a drop, and how many bytes have to come for a second more."""

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
        self._client = new_client(token, {"Accept-Encoding": "identity"}, silent=30)
        weakref.finalize(self, self._client.close)

    @property
    def url(self) -> str:
        """The endpoint, without a password that stands in it."""
        return without_password(self._url)

    def list(self, after: str = "") -> Iterator[Drop]:
        """See `LandingStore.list`; page by page."""
        skipped, cursors, cursor = Skipped(self.url), set[str](), after
        deadline = _in(LISTING_SECONDS)
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

    def _page(self, cursor: str, limit: int, deadline: Deadline) -> _Page:
        def ask() -> _Page:
            query = {"after": cursor, "limit": str(limit)} if cursor else {"limit": str(limit)}
            with opened(self._client, f"{self._url}/drops", query, {}, deadline) as response:
                expect(response, 200)
                data = bytearray()
                for piece in response.iter_raw():
                    data += piece
                    if len(data) > PAGE_BYTES:
                        raise RefusedError("a page of the listing is larger than 16 MiB")
                try:
                    return _Page.model_validate_json(bytes(data))
                except ValidationError as error:
                    first = error.errors(include_url=False, include_input=False)[0]
                    place = ".".join(map(str, first["loc"])) or "the body"
                    raise RefusedError(f"it does not speak the landing protocol: {place}: {first['msg']}") from None

        try:
            return persistent(ask, deadline)
        except (RefusedError, AgainError, ChangedError) as error:
            remedy = "check ADS_LANDING_URL and ADS_LANDING_TOKEN"
            raise LandingError(f"the landing store {self.url} cannot be listed ({error}): {remedy}") from None

    def fetch(self, drops: Sequence[Drop], folder: Path) -> dict[str, Path | DropError]:
        """See `LandingStore.fetch`; size and ETag are verified."""
        with ThreadPoolExecutor(READERS) as readers:
            paths = [folder / f"fetched-{number}" for number, _ in enumerate(drops)]
            return {drop.name: found for drop, found in zip(drops, readers.map(self._bring, drops, paths), strict=True)}

    def _bring(self, drop: Drop, path: Path) -> Path | DropError:
        started = time.monotonic()
        try:
            with path.open("wb") as file:

                def deadline() -> float:
                    return started + DROP_SECONDS + file.tell() / BYTES_PER_SECOND

                persistent(lambda: self._transfer(drop, file, deadline), deadline, file.tell)
        except RefusedError as error:
            return DropError(f"{drop.name} could not be brought: {error}; then `ads drops retry`")
        except (AgainError, ChangedError) as error:
            return NotBroughtError(f"{drop.name} could not be brought ({error}); the next ingest tries again")
        except OSError as error:
            raise LandingError(f"drops cannot be brought to {path.parent} ({error.strerror}): make room") from error
        return path

    def _transfer(self, drop: Drop, file: BinaryIO, deadline: Deadline) -> None:
        """Bring what is missing of a drop, from where the last transfer broke off."""
        start = file.tell()
        if start and start == drop.size:
            return
        headers = {"If-Match": f'"{drop.etag}"'} | ({"Range": f"bytes={start}-"} if start else {})
        with opened(self._client, f"{self._url}/drops/{quote(drop.name)}", {}, headers, deadline) as response:
            if response.status_code == 404:
                raise ChangedError("it was removed after it was listed")
            expect(response, *([206, 200] if start else [200]))
            if response.status_code == 200 and start:
                file.seek(0)
                file.truncate()
                start = 0
            _verify(response, drop, start)
            for piece in response.iter_raw():
                if file.tell() + len(piece) > drop.size:
                    raise RefusedError(f"it sends more than the {drop.size} bytes that were listed")
                file.write(piece)
        if file.tell() < drop.size:
            raise AgainError(f"it sends {file.tell()} bytes, and {drop.size} were listed")

    def is_current(self, drop: Drop) -> bool:
        """See `LandingStore.is_current`; what was brought was brought under this ETag."""
        return True

    def check(self) -> str:
        """See `LandingStore.check`."""
        self._page("", 1, _in(60))
        return f"endpoint {self.url}"


def _verify(response: httpx.Response, drop: Drop, start: int) -> None:
    """That a response is of the drop listed, from the byte asked for."""
    etag = response.headers.get("etag")
    if etag is not None and etag.removeprefix("W/").strip('"') != drop.etag:
        raise ChangedError("the drop has changed since it was listed")
    if etag is None and start and response.status_code == 206:
        raise RefusedError("it sends no ETag, without which the rest of a broken transfer may be of other bytes")
    if response.headers.get("content-encoding", "identity") != "identity":
        raise RefusedError("it compresses the transfer, and a drop has to come as it is stored")
    if response.status_code == 206 and not response.headers.get("content-range", "").startswith(f"bytes {start}-"):
        raise RefusedError("it sends another range than was asked for")
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length) != drop.size - start:
        raise RefusedError(f"it announces {int(length) + start} bytes, and {drop.size} were listed")


def _in(seconds: float) -> Deadline:
    end = time.monotonic() + seconds
    return lambda: end


def _drop(item: _Listed) -> Drop | None:
    """The drop of a listed item, or None when its ending tells no format. Its name is only ever quoted, never a local path."""
    form = format_of(item.name)
    if form is None:
        return None
    landed_at = item.landed_at.astimezone(UTC)
    return Drop(item.name, item.source, form, item.size, item.etag, landed_at, landed_day_of(item.name, landed_at))
