"""The interface between the pipeline and where drops land."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from ads_pipeline.errors import DropError
from ads_pipeline.landing.drops import Drop
from ads_pipeline.landing.look import Look

log = logging.getLogger(__name__)


class LandingStore(Protocol):
    """A place where drops land."""

    @property
    def url(self) -> str:
        """Where it is, without secrets."""
        ...

    def list(self, after: str = "", look: Look | None = None) -> Iterator[Drop]:
        """All drops whose name comes after `after`, in the order of their names; with a look, without those that it leaves out.

        Raises:
            LandingError: the store cannot be listed.
        """
        ...

    def find(self, name: str) -> Drop | None:
        """The drop of this name, or None.

        Raises:
            LandingError: the store does not say.
        """
        ...

    def fetch(self, drops: Sequence[Drop], folder: Path) -> dict[str, Path | DropError]:
        """Each drop, by name, as a local file (in `folder` if it has to be fetched), or why it cannot be read.

        A NotFetchedError says that the next ingest tries again, a GoneError that there is no such drop any more.
        """
        ...

    def is_current(self, drop: Drop) -> bool:
        """Whether the drop still has this etag, so that what was read is what was listed."""
        ...

    def is_gone(self, drop: Drop) -> bool:
        """Whether there is no drop of this name any more."""
        ...

    def check(self) -> str:
        """One line that describes the store, if it can be reached.

        Raises:
            LandingError: it cannot.
        """
        ...


@runtime_checkable
class WritableStore(LandingStore, Protocol):
    """A landing store that drops can be written to, and read from in pieces."""

    def put(self, name: str, file: Path) -> None:
        """Land a local file as a drop, atomically and durably. A drop of this name that is there already stays as it is.

        Raises:
            LandingError: the store does not accept it.
        """
        ...

    def replace(self, drop: Drop, file: Path) -> Drop:
        """Put a local file in the place of a drop, atomically and durably, and return the drop that is there now.

        Raises:
            LandingError: the store does not accept it, or the drop is no longer what was listed.
        """
        ...

    def read(self, drop: Drop, start: int, end: int) -> Iterator[bytes]:
        """The bytes of a drop from `start` to before `end`, piece by piece.

        Raises:
            DropError: the drop is gone or has changed since it was found; before the first piece.
        """
        ...


class Skipped:
    """Files whose names cannot be kept, as they are not UTF-8: counted, and reported in one warning."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.names: list[str] = []
        self.count = 0

    def add(self, name: str) -> None:
        """Count a file; the first is named in the warning."""
        self.count += 1
        if not self.names:
            self.names.append(name)

    def report(self) -> None:
        """Warn if there were any."""
        if self.count:
            text = "%s: %d files are passed over, for example %r: a name that is not UTF-8 cannot be kept; rename them"
            log.warning(text, self.url, self.count, self.names[0])
