"""Where drops land: a folder or a bucket, behind one seam. Only here: obstore."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from ads_pipeline.landing.drops import Drop, Format, format_of
from ads_pipeline.landing.folder import FolderStore
from ads_pipeline.landing.stores import LandingStore
from ads_pipeline.landing.zstd import is_whole_zstd
from ads_pipeline.settings import Settings

__all__ = ["Drop", "FolderStore", "Format", "LandingStore", "format_of", "is_whole_zstd", "open_store"]


def open_store(settings: Settings) -> LandingStore:
    """The landing store of the settings. The default folder under `ADS_HOME` is made when there is none."""
    url = settings.landing
    if urlsplit(url).scheme in ("s3", "gs", "az"):
        from ads_pipeline.landing.objects import ObjectStore

        return ObjectStore(url)
    folder = Path(unquote(urlsplit(url).path)) if url.startswith("file://") else Path(url)
    if not settings.landing_url:
        folder.mkdir(parents=True, exist_ok=True)
    return FolderStore(folder)
