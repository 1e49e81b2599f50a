"""A bounded look at a landing store: what a listing may leave out of it.

Drops usually lie in folders of the day they landed (`dt=YYYY-MM-DD`). Once the store has been listed whole, folders of old days rarely
change. A look leaves them out, at the cost of a few requests for each folder that has day folders, however many there are. A store
that knows when a folder changed lists those that did.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from ads_pipeline.landing.drops import Drop

SMALL = 10_000
"""A store with no more drops than this is always listed whole."""

_DAY_FOLDER = re.compile(r"(?:^|/)dt=(\d{4}-\d{2}-\d{2})/")


@dataclass(frozen=True, slots=True)
class Look:
    """What is listed: all drops, except those in folders of old days in which nothing has changed.

    Args:
        first_day: folders of earlier days are old.
        changed_since: seconds since 1970; an old folder that changed then or later is listed, by a store that knows. None: each such folder
            is listed as one drop, whose name ends in `/` and whose etag is the time of its last change.
    """

    first_day: date
    changed_since: float | None = None

    def is_old(self, name: str) -> bool:
        """Whether a drop or folder (whose name ends in `/`) lies in a folder of an old day, or is one."""
        return self._old_day(name) is not None

    def _old_day(self, name: str) -> re.Match[str] | None:
        found = _DAY_FOLDER.search(name)
        return found if found and _is_day(found[1]) and found[1] < self.first_day.isoformat() else None

    def through(self, listing: Callable[[str], Iterator[Drop]], after: str) -> Iterator[Drop]:
        """The drops of a store that does not know when its folders changed: where an old day begins, it is listed anew from `first_day` on.

        Args:
            listing: lists the drops whose name comes after a name, in the order of names.
        """
        passed: str | None = after
        while passed is not None:
            start, passed = passed, None
            for drop in listing(start):
                if found := self._old_day(drop.name):
                    passed = f"{drop.name[: found.start(1)]}{self.first_day}"
                    break
                yield drop


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
