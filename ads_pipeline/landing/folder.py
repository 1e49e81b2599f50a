"""A landing store in a local folder; drops are read in place."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from ads_pipeline.durable import sync
from ads_pipeline.errors import DropError, LandingError
from ads_pipeline.landing.drops import FIRST_MOMENT, LAST_MOMENT, Drop, drop_from, is_hidden
from ads_pipeline.landing.stores import Skipped

PIECE = 1 << 20
"""Bytes read at a time."""

_LAST_MICROSECOND = (LAST_MOMENT - FIRST_MOMENT) // timedelta(microseconds=1)


class FolderStore:
    """Drops in a folder and its subfolders; links to files are followed, links to folders are not."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def url(self) -> str:
        """The folder's path."""
        return str(self.root)

    def list(self, after: str = "") -> Iterator[Drop]:
        """See `LandingStore.list`."""
        self.check()
        skipped = Skipped(self.url)
        for path, name in self._files(str(self.root), "", after):
            try:
                drop = self._drop(path, name)
            except FileNotFoundError:
                continue
            if drop:
                yield drop
            else:
                skipped.add(name)
        skipped.report()

    def _files(self, folder: str, prefix: str, after: str) -> Iterator[tuple[str, str]]:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name + "/" * entry.is_dir(follow_symlinks=False))
        except FileNotFoundError:
            return
        except OSError as error:
            raise LandingError(f"the landing folder {folder} cannot be listed ({error.strerror}): allow this user to read it") from None
        for entry in entries:
            name = prefix + entry.name
            if is_hidden(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                if f"{name}/" > after or after.startswith(f"{name}/"):
                    yield from self._files(entry.path, f"{name}/", after)
            elif entry.is_file() and name > after:
                yield entry.path, name

    @staticmethod
    def _drop(path: str, name: str) -> Drop | None:
        if not _is_utf8(name):
            return None
        status = Path(path).stat()
        landed_at = FIRST_MOMENT + timedelta(microseconds=min(max(status.st_mtime_ns // 1000, 0), _LAST_MICROSECOND))
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

    def put(self, name: str, file: Path) -> None:
        """See `WritableStore.put`; copied under a hidden name, synced and renamed.

        A drop that is there already is synced too: the process that renamed it may have died before it synced the folders. The hidden
        name is the same at every try, so that the file of a killed process is overwritten. A missing root is an error, and is not
        created: it may be a lost mount.
        """
        self.check()
        path = self.root / name
        unfinished = path.with_name(f".{path.name}.unfinished")
        try:
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, unfinished)
                sync(unfinished)
                unfinished.replace(path)
            for folder in [path.parent, *path.parent.parents]:
                sync(folder)
                if folder == self.root:
                    break
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink()
            raise LandingError(
                f"{name} cannot be landed in {self.root} ({error.strerror}): make room, or allow this user to write there"
            ) from None

    def find(self, name: str) -> Drop | None:
        """See `WritableStore.find`."""
        if is_hidden(name) or any(part in ("", "..") for part in name.split("/")) or "\0" in name:
            return None
        path = self.root / name
        try:
            return self._drop(str(path), name) if path.is_file() and not _through_link(self.root, path.parent) else None
        except OSError:
            return None

    def read(self, drop: Drop, start: int, end: int) -> Iterator[bytes]:
        """See `WritableStore.read`."""
        try:
            with (self.root / drop.name).open("rb") as file:
                if not self.is_current(drop):
                    raise DropError(f"{drop.name} has changed meanwhile")
                file.seek(start)
                while start < end and (piece := file.read(min(PIECE, end - start))):
                    start += len(piece)
                    yield piece
        except FileNotFoundError:
            raise DropError(f"{drop.name} has been removed meanwhile") from None

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


def _through_link(root: Path, folder: Path) -> bool:
    """Whether a folder below the root is reached through a link, so that it is not part of the store."""
    return any(parent.is_symlink() for parent in [folder, *folder.parents] if parent != root and root in parent.parents)
