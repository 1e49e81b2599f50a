"""The seam between the pipeline and where drops land."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from ads_pipeline.errors import DropError
from ads_pipeline.landing.drops import ENDINGS, Drop

log = logging.getLogger(__name__)


class LandingStore(Protocol):
    """A place where drops land."""

    @property
    def url(self) -> str:
        """Where it is, without secrets."""
        ...

    def list(self) -> Iterator[Drop]:
        """Every drop there is, in no order.

        Raises:
            LandingError: the store cannot be listed.
        """
        ...

    def fetch(self, drops: Sequence[Drop], folder: Path) -> dict[str, Path | DropError]:
        """Each drop, by name, as a local file (in `folder` if it has to be brought), or why it cannot be read."""
        ...

    def is_current(self, drop: Drop) -> bool:
        """Whether the drop still has its etag, so that what was read is what was listed."""
        ...

    def check(self) -> str:
        """One line for people when the store is reachable.

        Raises:
            LandingError: it is not.
        """
        ...


class Skipped:
    """Files of a listing that are no drops: counted, and told once."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.names: list[str] = []
        self.count = 0

    def add(self, name: str) -> None:
        """Count a file; the first is named in the warning."""
        self.count += 1
        if not self.names:
            self.names.append(name)

    def tell(self) -> None:
        """Warn when there were any."""
        if self.count:
            log.warning("%s: %d files are passed over, %r for one: a drop ends in %s", self.url, self.count, self.names[0], ENDINGS)
