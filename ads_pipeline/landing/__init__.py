"""Where drops land: a folder, a bucket or an HTTP endpoint, behind one interface. Only here: obstore, httpx."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from ads_pipeline.errors import SettingsError
from ads_pipeline.landing.compression import DAMAGED, decompress, first_bytes, is_empty, open_drop, recompress
from ads_pipeline.landing.drops import DEFAULT_SOURCE, ENDINGS, UNKNOWN, Drop, Format, format_of
from ads_pipeline.landing.folder import FolderStore
from ads_pipeline.landing.look import SMALL, Look
from ads_pipeline.landing.magic import START, kind_of
from ads_pipeline.landing.padding import without_padding
from ads_pipeline.landing.stores import LandingStore, WritableStore
from ads_pipeline.landing.survey import Survey
from ads_pipeline.landing.zstd import is_whole_zstd
from ads_pipeline.settings import Settings

__all__ = [
    "DAMAGED",
    "DEFAULT_SOURCE",
    "ENDINGS",
    "SMALL",
    "START",
    "UNKNOWN",
    "Drop",
    "FolderStore",
    "Format",
    "LandingStore",
    "Look",
    "Survey",
    "WritableStore",
    "decompress",
    "first_bytes",
    "format_of",
    "is_empty",
    "is_whole_zstd",
    "kind_of",
    "open_drop",
    "open_store",
    "open_writable_store",
    "recompress",
    "without_padding",
]


def open_store(settings: Settings) -> LandingStore:
    """The landing store of the settings. The default folder under `ADS_HOME` is created if it is missing."""
    if urlsplit(settings.landing).scheme in ("https", "http"):
        from ads_pipeline.landing.endpoint import HttpStore

        return HttpStore(settings.landing, settings.landing_token.get_secret_value())
    return open_writable_store(settings)


def open_writable_store(settings: Settings) -> WritableStore:
    """The landing store of the settings, which has to be a folder or a bucket.

    Raises:
        SettingsError: it is an HTTP endpoint, or the default folder cannot be created.
    """
    url = settings.landing
    if urlsplit(url).scheme in ("https", "http"):
        raise SettingsError(f"ADS_LANDING_URL is {url}: the service lands drops in a folder or a bucket, not in another endpoint")
    if urlsplit(url).scheme in ("s3", "gs", "az"):
        from ads_pipeline.landing.objects import ObjectStore

        return ObjectStore(url)
    folder = Path(unquote(urlsplit(url).path)) if url.startswith("file://") else Path(url)
    if not settings.landing_url:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(
                f"ADS_HOME is {settings.home}, where no folder can be created ({error.strerror}): choose a folder of this user"
            ) from None
    return FolderStore(folder)
