"""Whether anything has changed in a landing store, without a complete listing at each look.

The names of a store are divided into *stretches*, each with a checksum over the names and etags of its drops. Together they cover
all possible names, so a drop that is added, removed or overwritten changes the checksum of one of them. A look lists the stretches
in which drops landed last, and an eighth of all stretches in turn: usual changes are seen at once, all others within eight looks.

Of a store with more than `SMALL` drops, folders of old days are left out (`Look`): what a look costs does not grow with the days.
"""

import hashlib
import threading
import time
import uuid
from bisect import bisect_right
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import cast

from ads_pipeline.days import utc_now
from ads_pipeline.landing.drops import Drop
from ads_pipeline.landing.look import SMALL, Look
from ads_pipeline.landing.stores import LandingStore

STRETCH = 2000
"""Maximum number of drops in a stretch; neighbours that together have no more are merged."""

ROUND, LEAST = 8, 10
"""Looks until each stretch has had its turn, and how many stretches have their turn in one look at least."""

NEWEST = 4
"""Stretches listed at every look: those with the drops that landed last."""

SECONDS = 10.0
"""Roughly how long a look may take; the rest has its turn at the next one."""

END = "\U0010ffff"
"""Sorts after every name."""

_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The names after the previous stretch, up to `last`. `known` says whether it was listed; until then the checksum is of nothing."""

    last: str
    known: bool = False
    drops: int = 0
    total: int = 0
    newest: datetime = _LONG_AGO

    def with_drop(self, drop: Drop) -> "Stretch":
        """The stretch with one more drop."""
        digest = hashlib.blake2b(f"{drop.name}\0{drop.etag}".encode(), digest_size=8).digest()
        total = (self.total + int.from_bytes(digest)) % 2**64
        return Stretch(self.last, True, self.drops + 1, total, max(self.newest, drop.landed_at))

    def with_next(self, other: "Stretch") -> "Stretch":
        """The stretch and the next one, merged."""
        total = (self.total + other.total) % 2**64
        return Stretch(other.last, True, self.drops + other.drops, total, max(self.newest, other.newest))


class Survey:
    """What the looks of this process at a landing store have found.

    `mark` changes whenever a look finds a change, and with every new process.

    Args:
        look_back: folders of the days before this long ago are old.
    """

    def __init__(self, look_back: timedelta) -> None:
        self._id, self._changes, self._lock = uuid.uuid4().hex[:8], 0, threading.Lock()
        self._stretches, self._turn = [Stretch(END)], ""
        self._look_back, self._is_large = look_back, False

    @property
    def mark(self) -> str:
        """Stands for what was found so far."""
        return f"{self._id}-{self._changes}"

    @property
    def total(self) -> str:
        """A checksum over all drops, the same in every process; empty until all of them were listed."""
        if not all(stretch.known for stretch in self._stretches):
            return ""
        return f"{sum(stretch.total for stretch in self._stretches) % 2**64:016x}"

    def look(self, store: LandingStore) -> None:
        """List the part of the store whose turn it is.

        Raises:
            LandingError: the store cannot be listed.
        """
        with self._lock:
            self._take_turn(store)
            if not self._is_large and sum(stretch.drops for stretch in self._stretches) > SMALL:
                self._stretches, self._turn, self._is_large = [Stretch(END)], "", True
                self._take_turn(store)

    def _take_turn(self, store: LandingStore) -> None:
        turn_ends, ranges = self._choose()
        look = Look((utc_now() - self._look_back).date()) if self._is_large else None
        for after, until in ranges:
            reached = self._list(store, after, until, look, time.monotonic() + SECONDS / len(ranges))
            if after <= self._turn < reached:
                self._turn = min(reached, turn_ends)
        if self._turn == END:
            self._turn = ""

    def _choose(self) -> tuple[str, list[tuple[str, str]]]:
        """The last name of the turn, and the ranges of names to list."""
        lasts = [stretch.last for stretch in self._stretches]
        first = bisect_right(lasts, self._turn)
        turn = range(first, min(len(lasts), first + max(LEAST, -(-len(lasts) // ROUND))))
        newest = set(sorted(range(len(lasts)), key=lambda index: (self._stretches[index].newest, index))[-NEWEST:])
        groups = list[list[int]]()
        for index in sorted(newest | set(turn)):
            if groups and groups[-1][-1] == index - 1 and index != turn.start:  # the turn has a range of its own, and its share of the time
                groups[-1].append(index)
            else:
                groups.append([index])
        return lasts[turn[-1]], [(lasts[group[0] - 1] if group[0] else "", lasts[group[-1]]) for group in groups]

    def _list(self, store: LandingStore, after: str, until: str, look: Look | None, deadline: float) -> str:
        """List a range of whole stretches, or the beginning of it if time runs out; returns the last name that was covered."""
        old = [stretch for stretch in self._stretches if after < stretch.last <= until]
        begin, count, found = self._stretches.index(old[0]), 0, list[Stretch]()
        # closed at once: stores list ahead
        with closing(cast("Generator[Drop]", store.list(after, look))) as drops:
            listing = _Peekable(drops)
            for stretch in old:
                pieces = list(_cut(listing, stretch, deadline))
                count += 1
                self._changes += not stretch.known or sum(piece.total for piece in pieces) % 2**64 != stretch.total
                found += pieces
                if time.monotonic() > deadline:
                    break
        self._stretches[begin : begin + count] = _merged(found)
        return max((piece.last for piece in found if piece.known), default=after)


class _Peekable:
    """A listing whose next drop can be looked at before it is taken."""

    def __init__(self, drops: Iterator[Drop]) -> None:
        self._drops = drops
        self.drop = next(drops, None)

    def up_to(self, last: str) -> Iterator[Drop]:
        """The drops up to a name."""
        while self.drop and self.drop.name <= last:
            yield self.drop
            self.drop = next(self._drops, None)


def _cut(listing: _Peekable, stretch: Stretch, deadline: float) -> Iterator[Stretch]:
    """A stretch as it is listed now, in pieces of bounded length; if time runs out, the rest of an unknown stretch stays unknown."""
    piece = Stretch(stretch.last, known=True)
    for drop in listing.up_to(stretch.last):
        piece = piece.with_drop(drop)
        if piece.drops == STRETCH:
            yield replace(piece, last=drop.name)
            piece = Stretch(stretch.last, known=True)
            if not stretch.known and time.monotonic() > deadline:
                yield Stretch(stretch.last)
                return
    yield piece


def _merged(pieces: list[Stretch]) -> list[Stretch]:
    """The pieces, with short neighbours merged."""
    merged = pieces[:1]
    for piece in pieces[1:]:
        if merged[-1].known and piece.known and merged[-1].drops + piece.drops <= STRETCH:
            merged[-1] = merged[-1].with_next(piece)
        else:
            merged.append(piece)
    return merged
