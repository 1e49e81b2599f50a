"""A landing store in a local folder; drops are read in place."""

import logging
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from ads_pipeline.durable import sync
from ads_pipeline.errors import DropError, GoneError, LandingError
from ads_pipeline.landing.drops import FIRST_MOMENT, LAST_MOMENT, UNKNOWN, Drop, drop_from, is_hidden
from ads_pipeline.landing.look import Look
from ads_pipeline.landing.stores import Skipped
from ads_pipeline.landing.tree import Place, Tree

log = logging.getLogger(__name__)

PIECE = 1 << 20
"""Bytes read at a time."""

NAMED = 5
"""Links that a warning names."""

_LAST_MICROSECOND = (LAST_MOMENT - FIRST_MOMENT) // timedelta(microseconds=1)


class FolderStore:
    """Drops in a folder and its subfolders; `tree` says which links are followed."""

    def __init__(self, root: Path) -> None:
        self.root, self.tree = root, Tree(root)
        self._changed = dict[str, int]()

    @property
    def url(self) -> str:
        """The folder's path."""
        return str(self.root)

    def list(self, after: str = "", look: Look | None = None) -> Iterator[Drop]:
        """See `LandingStore.list`."""
        self.check()
        skipped, left_out = Skipped(self.url), list[str]()
        for place in self.tree.files(left_out, after, look):
            try:
                status = os.lstat(place.path)
                drop = _folder(place.name, status) if place.is_folder else drop_of(place.name, status)
            except FileNotFoundError:
                continue
            if drop:
                yield drop
            else:
                skipped.add(place.name)
        skipped.report()
        if left_out:
            log.warning("%s: %s", self.url, _said(left_out))

    def left_out(self) -> str:
        """What is not followed or read, in one sentence with a remedy; empty if nothing is."""
        left_out = list[str]()
        for _ in self.tree.files(left_out):
            pass
        return _said(left_out) if left_out else ""

    def fetch(self, drops: Sequence[Drop], folder: Path) -> dict[str, Path | DropError]:
        """See `LandingStore.fetch`; nothing is copied."""
        del folder
        self._changed = {}
        return {drop.name: self._readable(drop) for drop in drops}

    def _readable(self, drop: Drop) -> Path | DropError:
        try:
            with self._opened(drop.name) as (file, place):
                self._changed[drop.name] = os.fstat(file).st_ctime_ns
                return Path(place.path)
        except DropError as error:
            return DropError(f"{error}; then `ads drops retry`")
        except (FileNotFoundError, NotADirectoryError):
            return GoneError(drop.name)
        except OSError as error:
            return DropError(f"{drop.name} cannot be read ({error.strerror}); then `ads drops retry`")

    @contextmanager
    def _opened(self, name: str) -> Iterator[tuple[int, Place]]:
        file, place = self.tree.open(name)
        try:
            yield file, place
        finally:
            os.close(file)

    def is_current(self, drop: Drop) -> bool:
        """See `LandingStore.is_current`. A file that was fetched must not have been moved away and back either."""
        try:
            with self._opened(drop.name) as (file, _):
                status = os.fstat(file)
        except (OSError, DropError):
            return False
        found = drop_of(drop.name, status)
        return found is not None and found.etag == drop.etag and self._changed.get(drop.name, status.st_ctime_ns) == status.st_ctime_ns

    def is_gone(self, drop: Drop) -> bool:
        """See `LandingStore.is_gone`."""
        try:
            self.tree.find(drop.name)
        except (FileNotFoundError, NotADirectoryError):
            return True
        except (OSError, DropError):
            pass
        return False

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
            self._check_folder(name)
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                _copy(file, unfinished)
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

    def replace(self, drop: Drop, file: Path) -> Drop:
        """See `WritableStore.replace`; owner, rights and time of the file stay."""
        try:
            path = Path(self.tree.find(drop.name).path)
            unfinished, status = path.with_name(f".{path.name}.unfinished"), path.stat()
            _copy(file, unfinished)
            shutil.copymode(path, unfinished)
            if (status.st_uid, status.st_gid) != (os.geteuid(), unfinished.stat().st_gid):
                os.chown(unfinished, status.st_uid, status.st_gid)
            os.utime(unfinished, ns=(status.st_atime_ns, status.st_mtime_ns))
            sync(unfinished)
            found = self.find(drop.name)
            if not found or found.etag != drop.etag:
                raise LandingError(f"{drop.name} has changed meanwhile: run it again")
            unfinished.replace(path)
            sync(path.parent)
        except (OSError, DropError) as error:
            raise LandingError(f"{drop.name} cannot be replaced in {self.root} ({error}): allow this user to write there") from None
        replaced = self.find(drop.name)
        assert replaced
        return replaced

    def _check_folder(self, name: str) -> None:
        """What lands in a folder that a link leads to must be listed."""
        try:
            self.tree.find(name)
        except DropError as error:
            raise LandingError(f"{name} cannot be landed in {self.root}: {error}; make it a folder") from None
        except OSError:
            pass  # it is not there yet

    def find(self, name: str) -> Drop | None:
        """See `LandingStore.find`."""
        if is_hidden(name) or any(part in ("", "..") for part in name.split("/")) or "\0" in name:
            return None
        try:
            return drop_of(name, Path(self.tree.find(name).path).lstat())
        except (OSError, DropError):
            return None

    def read(self, drop: Drop, start: int, end: int) -> Iterator[bytes]:
        """See `WritableStore.read`."""
        try:
            with self._opened(drop.name) as (descriptor, _), open(descriptor, "rb", closefd=False) as file:
                found = drop_of(drop.name, os.fstat(descriptor))
                if not found or found.etag != drop.etag:
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


def drop_of(name: str, status: os.stat_result) -> Drop | None:
    """The drop of a file, or None if its name is not that of a drop."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return None
    landed_at = FIRST_MOMENT + timedelta(microseconds=min(max(status.st_mtime_ns // 1000, 0), _LAST_MICROSECOND))
    return drop_from(name, status.st_size, f"{status.st_mtime_ns:x}-{status.st_size:x}-{status.st_ino:x}", landed_at)


def _copy(file: Path, unfinished: Path) -> None:
    """Copy a file to a hidden name, in the place of what a killed process left; never through a link."""
    unfinished.unlink(missing_ok=True)
    with file.open("rb") as content, unfinished.open("xb") as copy:
        shutil.copyfileobj(content, copy, PIECE)


def _folder(name: str, status: os.stat_result) -> Drop:
    """A folder as one drop; see `Look`."""
    return Drop(name, "", UNKNOWN, 0, f"{status.st_mtime_ns:x}", FIRST_MOMENT, FIRST_MOMENT.date())


def _said(left_out: Sequence[str]) -> str:
    shown = "; ".join(left_out[:NAMED]) + ("; …" if len(left_out) > NAMED else "")
    return f"{len(left_out)} links or special files are left out: {shown}. Move the files here, or mount their folder here (`mount --bind`)"
