"""A landing store in a bucket (`s3://`, `gs://`, `az://`) through obstore; drops are fetched to local files."""

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import obstore
from obstore.exceptions import BaseError, NotFoundError, PermissionDeniedError, PreconditionError, UnauthenticatedError
from obstore.store import from_url

from ads_pipeline.errors import DropError, GoneError, LandingError, NotFetchedError, SettingsError
from ads_pipeline.landing.drops import Drop, drop_from, is_hidden
from ads_pipeline.landing.look import Look
from ads_pipeline.secret_files import provider_secrets
from ads_pipeline.settings import check_endpoint_variables

if TYPE_CHECKING:
    from obstore import ObjectMeta

FETCHERS = 8
"""Drops fetched at the same time."""

NO_ETAG = "modified-"
"""Begins an etag that is made up, for a store that gives none."""

# Bounded: if a store throttles or fails for longer than this, the run fails.
RETRIES: Any = {
    "max_retries": 8,
    "retry_timeout": timedelta(minutes=2),
    "backoff": {"init_backoff": timedelta(milliseconds=250), "max_backoff": timedelta(seconds=15), "base": 2},
}
# HTTP is used for an http:// endpoint only: the providers' own endpoints are HTTPS.
CLIENT: Any = {"connect_timeout": "10s", "timeout": "5m", "allow_http": True}


REMEDY = "check the URL, the credentials and the endpoint (for S3: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL)"


class ObjectStore:
    """Drops under a prefix of a bucket. Credentials, region and endpoint are the provider's own variables (`AWS_…`)."""

    def __init__(self, url: str) -> None:
        self._url = url
        check_endpoint_variables()
        try:
            self._store: Any = from_url(url, config=cast("Any", provider_secrets()), client_options=CLIENT, retry_config=RETRIES)
        except (BaseError, ValueError) as error:
            remedy = "check it, and the provider's own variables"
            raise SettingsError(f"ADS_LANDING_URL is {url!r}, which cannot be opened ({_brief(error)}): {remedy}") from error

    @property
    def url(self) -> str:
        """Bucket and prefix."""
        return self._url

    def list(self, after: str = "", look: Look | None = None) -> Iterator[Drop]:
        """See `LandingStore.list`; page by page, in bounded memory."""
        return look.through(self._listed, after) if look else self._listed(after)

    def _listed(self, after: str) -> Iterator[Drop]:
        try:
            for page in obstore.list(self._store, offset=after or None, chunk_size=1000):
                for item in page:
                    if is_hidden(item["path"]) or item["path"].endswith("/"):
                        continue
                    yield _drop(item)
        except BaseError as error:
            raise self._unreachable(error) from error

    def fetch(self, drops: Sequence[Drop], folder: Path) -> dict[str, Path | DropError]:
        """See `LandingStore.fetch`; size and etag are verified."""
        with ThreadPoolExecutor(FETCHERS) as fetchers:
            paths = [folder / f"fetched-{number}" for number, _ in enumerate(drops)]
            return {drop.name: found for drop, found in zip(drops, fetchers.map(self._fetch, drops, paths), strict=True)}

    def _fetch(self, drop: Drop, path: Path) -> Path | DropError:
        try:
            answer = obstore.get(self._store, drop.name, options=_options(drop))
            with path.open("wb") as file:
                for chunk in answer.stream(min_chunk_size=1 << 20):
                    file.write(chunk)
        except (NotFoundError, FileNotFoundError):
            return GoneError(drop.name)
        except PreconditionError:
            return NotFetchedError(f"{drop.name} changed after it was listed; the next ingest loads it as it is then")
        except (PermissionDeniedError, UnauthenticatedError):
            return DropError(f"{drop.name} may not be read with these credentials: change them, then `ads drops retry`")
        except BaseError as error:
            return NotFetchedError(f"{drop.name} could not be fetched ({_brief(error)}); the next ingest tries again")
        except OSError as error:
            raise LandingError(f"drops cannot be fetched to {path.parent} ({error.strerror}): make room") from error
        if path.stat().st_size != drop.size:
            return NotFetchedError(f"{drop.name} has {path.stat().st_size} bytes, and {drop.size} were listed; the next ingest tries again")
        return path

    def is_current(self, drop: Drop) -> bool:
        """See `LandingStore.is_current`."""
        found = self.find(drop.name)
        return found is not None and found.etag == drop.etag

    def is_gone(self, drop: Drop) -> bool:
        """See `LandingStore.is_gone`."""
        return self.find(drop.name) is None

    def put(self, name: str, file: Path) -> None:
        """See `WritableStore.put`."""
        try:
            if self.find(name) is None:
                obstore.put(self._store, name, file)
        except BaseError as error:
            raise self._not_written(name, error) from error

    def replace(self, drop: Drop, file: Path) -> Drop:
        """See `WritableStore.replace`. A bucket with versions keeps the old one: its owner has to delete it."""
        try:
            if not self.is_current(drop):
                raise LandingError(f"{drop.name} has changed meanwhile: run it again")
            obstore.put(self._store, drop.name, file)
        except (PermissionDeniedError, UnauthenticatedError):
            raise LandingError(f"{drop.name} may not be replaced with these credentials") from None
        except BaseError as error:
            raise self._not_written(drop.name, error) from error
        replaced = self.find(drop.name)
        if replaced is None:
            raise LandingError(f"{drop.name} was removed while it was replaced: run it again")
        return replaced

    def find(self, name: str) -> Drop | None:
        """See `LandingStore.find`."""
        if is_hidden(name) or any(part in ("", "..") for part in name.split("/")):
            return None
        try:
            return _drop(obstore.head(self._store, name))
        except (NotFoundError, FileNotFoundError, ValueError):  # ValueError: an invalid name for an object
            return None
        except BaseError as error:
            raise self._unreachable(error) from error

    def read(self, drop: Drop, start: int, end: int) -> Iterator[bytes]:
        """See `WritableStore.read`."""
        if start == end:
            return
        try:
            options: Any = {**_options(drop), "range": (start, end)}
            answer = obstore.get(self._store, drop.name, options=options)
            for chunk in answer.stream(min_chunk_size=1 << 20):
                yield bytes(chunk)
        except (NotFoundError, PreconditionError, FileNotFoundError):
            raise DropError(f"{drop.name} was removed or has changed meanwhile") from None
        except BaseError as error:
            raise DropError(f"{drop.name} could not be read ({_brief(error)})") from None

    def check(self) -> str:
        """See `LandingStore.check`."""
        try:
            next(iter(obstore.list(self._store, chunk_size=1)), None)
        except BaseError as error:
            raise self._unreachable(error) from error
        return f"bucket {self.url}"

    def _unreachable(self, error: Exception) -> LandingError:
        return LandingError(f"the landing store {self.url} cannot be listed ({_brief(error)}): {REMEDY}")

    def _not_written(self, name: str, error: Exception) -> LandingError:
        remedy = f"see whether it has room and may be written; {REMEDY}"
        return LandingError(f"{name} cannot be written to the landing store {self.url} ({_brief(error)}): {remedy}")


def _drop(item: "ObjectMeta") -> Drop:
    landed_at = item["last_modified"].astimezone(UTC)
    etag = item["e_tag"] or f"{NO_ETAG}{landed_at.timestamp()}-{item['size']}"
    return drop_from(item["path"], item["size"], etag, landed_at)


def _options(drop: Drop) -> Any:
    return {} if drop.etag.startswith(NO_ETAG) else {"if_match": drop.etag}


def _brief(error: Exception) -> str:
    """The first line of an error; for an answer in XML, its code and message."""
    text = str(error).split("\n\nDebug source")[0]
    told = [found[1] for tag in ("Code", "Message") if (found := re.search(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL))]
    first = re.split(r"<\?xml|<Error>|\n", text)[0].rstrip(": ")
    return ": ".join([first[:300], *told])
