"""A landing store in a local folder; drops are read in place."""

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from ads_pipeline.errors import DropError, LandingError
from ads_pipeline.landing.drops import Drop, drop_from, is_hidden
from ads_pipeline.landing.stores import Skipped


class FolderStore:
    """Drops in a folder and the folders below it; links to files count, links to folders do not."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def url(self) -> str:
        """The folder's path."""
        return str(self.root)

    def list(self) -> Iterator[Drop]:
        """See `LandingStore.list`."""
        self.check()
        skipped = Skipped(self.url)
        for path, name in self._files(str(self.root), ""):
            try:
                drop = self._drop(path, name)
            except FileNotFoundError:
                continue
            if drop:
                yield drop
            else:
                skipped.add(name)
        skipped.tell()

    def _files(self, folder: str, prefix: str) -> Iterator[tuple[str, str]]:
        try:
            entries = list(os.scandir(folder))
        except FileNotFoundError:
            return
        except OSError as error:
            raise LandingError(
                f"the landing folder {folder} cannot be listed ({error.strerror}): give this user leave to read it"
            ) from None
        for entry in entries:
            name = prefix + entry.name
            if is_hidden(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self._files(entry.path, f"{name}/")
            elif entry.is_file():
                yield entry.path, name

    @staticmethod
    def _drop(path: str, name: str) -> Drop | None:
        if not _is_utf8(name):
            return None
        status = Path(path).stat()
        landed_at = datetime.fromtimestamp(status.st_mtime_ns // 1_000_000_000, UTC).replace(
            microsecond=status.st_mtime_ns // 1000 % 1_000_000
        )
        return drop_from(name, status.st_size, f"{status.st_mtime_ns:x}-{status.st_size:x}-{status.st_ino:x}", landed_at)

    def fetch(self, drops: Sequence[Drop], folder: Path) -> dict[str, Path | DropError]:
        """See `LandingStore.fetch`; nothing is copied."""
        del folder
        return {drop.name: self._readable(drop) for drop in drops}

    def _readable(self, drop: Drop) -> Path | DropError:
        path = self.root.absolute() / drop.name
        try:
            with path.open("rb"):
                return path
        except OSError as error:
            return DropError(f"{drop.name} cannot be read ({error.strerror}); then `ads drops retry`")

    def is_current(self, drop: Drop) -> bool:
        """See `LandingStore.is_current`."""
        try:
            found = self._drop(str(self.root / drop.name), drop.name)
        except OSError:
            return False
        return found is not None and found.etag == drop.etag

    def check(self) -> str:
        """See `LandingStore.check`."""
        if not self.root.is_dir():
            raise LandingError(f"the landing folder {self.root} does not exist: create it, or set ADS_LANDING_URL")
        return f"folder {self.root}"


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
