"""The files of a landing folder, and where its links lead.

A link is followed if what it leads to lies below the landing folder: to a file anywhere, to a folder once on the way to a file, and
never to a folder that the link lies in. What is left out, FIFOs, sockets and devices too, is never opened, and is said.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ads_pipeline.errors import DropError, LandingError
from ads_pipeline.landing.drops import is_hidden
from ads_pipeline.landing.look import Look

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # whoever puts a FIFO in a file's place does not make this wait


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A file or folder below the landing folder.

    Args:
        name: as a drop is named, with `/` behind the name of a folder.
        path: without links.
        through_link: whether it lies in a folder that a link led to, or is one.
    """

    name: str
    path: str
    through_link: bool

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.name.endswith("/")


class Tree:
    """What lies below a landing folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def path(self) -> str:
        """The landing folder's path; it may itself be a link."""
        return os.path.realpath(self.root)

    def files(self, left_out: list[str], after: str = "", look: Look | None = None) -> Iterator[Place]:
        """The regular files whose name comes after `after`, in the order of names; hidden ones are passed over.

        Args:
            left_out: gets a sentence for each link that is not followed, and for whatever is neither a file nor a folder.
            look: leaves files out; it may ask for folders instead.

        Raises:
            LandingError: a folder cannot be listed.
        """
        yield from self._files(Place("", self.path, False), left_out, after, look)

    def _files(self, folder: Place, left_out: list[str], after: str, look: Look | None) -> Iterator[Place]:
        settled = look is not None and look.is_old(folder.name) and _is_settled(folder, look)
        if settled and look and look.changed_since is None and folder.name > after:
            yield folder
        if settled and _has_no_folders(folder):
            return
        try:
            entries = list(os.scandir(folder.path))
        except FileNotFoundError:
            return
        except OSError as error:
            shown = self.root / folder.name
            raise LandingError(f"the landing folder {shown} cannot be listed ({error.strerror}): allow this user to read it") from None
        places = list[Place]()
        for entry in entries:
            if is_hidden(entry.name):
                continue
            try:
                places.append(self._of_entry(folder, entry))
            except FileNotFoundError:
                continue
            except DropError as error:
                left_out.append(str(error))
        for place in sorted(places):
            if not place.is_folder:
                if place.name > after and not settled:
                    yield place
            elif place.name > after or after.startswith(place.name):
                yield from self._files(place, left_out, after, look)

    def find(self, name: str) -> Place:
        """The file of a name.

        Raises:
            DropError: it is left out of a listing.
            OSError: there is none, or it may not be looked at.
        """
        return self._find(self.path, name)

    def _find(self, root: str, name: str) -> Place:
        place = Place("", root, False)
        for part in name.split("/"):
            if place.name and not place.is_folder:
                raise NotADirectoryError(name)
            place = self._place(place, part)
        if place.is_folder:
            raise IsADirectoryError(name)
        return place

    def _of_entry(self, folder: Place, entry: os.DirEntry[str]) -> Place:
        """As `_place`, without a look at the file itself where the folder tells what it is."""
        name = folder.name + entry.name
        if entry.is_file(follow_symlinks=False):
            return Place(name, entry.path, folder.through_link)
        if entry.is_dir(follow_symlinks=False):
            return Place(f"{name}/", entry.path, folder.through_link)
        return self._place(folder, entry.name)

    def _place(self, folder: Place, part: str) -> Place:
        name, path = folder.name + part, f"{folder.path}/{part}"
        mode = os.lstat(path).st_mode
        is_link = stat.S_ISLNK(mode)
        if is_link:
            path = self._target(name, path)
            mode = os.lstat(path).st_mode
        if stat.S_ISREG(mode):
            return Place(name, path, folder.through_link)
        if not stat.S_ISDIR(mode):
            raise DropError(f"{name} is neither a file nor a folder")
        if is_link and folder.through_link:
            raise DropError(f"{name} is a link to a folder, within a linked folder")
        if is_link and _is_below(folder.path, path):
            raise DropError(f"{name} is a link to a folder that it lies in")
        return Place(f"{name}/", path, folder.through_link or is_link)

    def _target(self, name: str, path: str) -> str:
        try:
            target = os.path.realpath(path, strict=True)
        except OSError as error:
            raise DropError(f"{name} is a link that leads nowhere ({error.strerror})") from None
        if not _is_below(target, self.path):
            raise DropError(f"{name} is a link to {target}, outside the landing folder")
        return target

    def open(self, name: str) -> tuple[int, Place]:
        """A descriptor of a file, and where the file is. No link is followed while it is opened: one that was put there since is an error.

        Raises:
            DropError, OSError: as `find`; or the file may not be read, or has been replaced by something else.
        """
        root = self.path
        place = self._find(root, name)
        *folders, last = os.path.relpath(place.path, root).split("/")
        at = os.open(root, _FOLDER)
        try:
            for folder in folders:
                below = os.open(folder, _FOLDER, dir_fd=at)
                os.close(at)
                at = below
            if not stat.S_ISREG(os.stat(last, dir_fd=at, follow_symlinks=False).st_mode):
                raise DropError(f"{name} has been replaced by something that is no file")
            file = os.open(last, _FILE, dir_fd=at)
        finally:
            os.close(at)
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            raise DropError(f"{name} has been replaced by something that is no file")
        return file, place


def _is_settled(folder: Place, look: Look) -> bool:
    """Whether nothing was put into a folder, or taken out of it, that a look asks for."""
    try:
        return look.changed_since is None or os.lstat(folder.path).st_mtime < look.changed_since
    except OSError:
        return False


def _has_no_folders(folder: Place) -> bool:
    """Whether the file system says that a folder has no folders in it: each would be one more link to it; some do not count them."""
    try:
        return os.lstat(folder.path).st_nlink == 2
    except OSError:
        return False


def _is_below(path: str, folder: str) -> bool:
    """Whether a path without links is that of a folder, or of something below it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")
