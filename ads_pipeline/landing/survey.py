"""Whether anything has changed in a landing store, told without listing all of it at each look.

A store is remembered as *stretches* of names, each with a sum over its drops' names and etags. Together they cover every
name there could be, so whatever comes, goes or is overwritten changes the sum of one of them. A look lists the stretches
where drops landed last, and an eighth of all in turn: what usually changes is seen at once, all else within eight looks.
"""

import hashlib
import threading
import time
import uuid
from bisect import bisect_right
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import cast

from ads_pipeline.landing.drops import Drop
from ads_pipeline.landing.stores import LandingStore

STRETCH = 2000
"""Drops of a stretch; neighbours that together have no more become one."""

ROUND, LEAST = 8, 10
"""Looks until each stretch has had its turn, and how many stretches have theirs at least."""

NEWEST = 4
"""Stretches listed at each look: those with the drops that landed last."""

SECONDS = 10.0
"""How long a look may take, roughly; what is left has its turn at the next one."""

END = "\U0010ffff"
"""Comes after every name."""

_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The names after the stretch before it, up to `last`. `known` says whether it was listed, else the sum is of nothing."""

    last: str
    known: bool = False
    drops: int = 0
    total: int = 0
    newest: datetime = _LONG_AGO

    def with_drop(self, drop: Drop) -> "Stretch":
        """The same with one drop more."""
        digest = hashlib.blake2b(f"{drop.name}\0{drop.etag}".encode(), digest_size=8).digest()
        total = (self.total + int.from_bytes(digest)) % 2**64
        return Stretch(self.last, True, self.drops + 1, total, max(self.newest, drop.landed_at))

    def with_next(self, other: "Stretch") -> "Stretch":
        """The two as one, which ends where the next one does."""
        total = (self.total + other.total) % 2**64
        return Stretch(other.last, True, self.drops + other.drops, total, max(self.newest, other.newest))


class Survey:
    """What the looks of this process at one landing store have found.

    `mark` changes whenever a look finds a change, and when another process begins anew.
    """

    def __init__(self) -> None:
        self._id, self._changes, self._lock = uuid.uuid4().hex[:8], 0, threading.Lock()
        self._stretches, self._turn = [Stretch(END)], ""

    @property
    def mark(self) -> str:
        """Stands for what was found so far."""
        return f"{self._id}-{self._changes}"

    @property
    def total(self) -> str:
        """A fingerprint of every drop there is, whichever process has looked; empty until all of them were listed."""
        if not all(stretch.known for stretch in self._stretches):
            return ""
        return f"{sum(stretch.total for stretch in self._stretches) % 2**64:016x}"

    def look(self, store: LandingStore) -> None:
        """List the part of the store whose turn it is.

        Raises:
            LandingError: the store cannot be listed.
        """
        with self._lock:
            turn_ends, ranges = self._choose()
            for after, until in ranges:
                reached = self._list(store, after, until, time.monotonic() + SECONDS / len(ranges))
                if after <= self._turn < reached:
                    self._turn = min(reached, turn_ends)
            if self._turn == END:
                self._turn = ""

    def _choose(self) -> tuple[str, list[tuple[str, str]]]:
        """Where the turn ends, and the ranges of names to list."""
        lasts = [stretch.last for stretch in self._stretches]
        first = bisect_right(lasts, self._turn)
        turn = range(first, min(len(lasts), first + max(LEAST, -(-len(lasts) // ROUND))))
        newest = set(sorted(range(len(lasts)), key=lambda place: (self._stretches[place].newest, place))[-NEWEST:])
        groups = list[list[int]]()
        for place in sorted(newest | set(turn)):
            if groups and groups[-1][-1] == place - 1 and place != turn.start:  # the turn has a range to itself, and its share of the time
                groups[-1].append(place)
            else:
                groups.append([place])
        return lasts[turn[-1]], [(lasts[group[0] - 1] if group[0] else "", lasts[group[-1]]) for group in groups]

    def _list(self, store: LandingStore, after: str, until: str, deadline: float) -> str:
        """List a range of whole stretches, or its beginning when time is up; returns where it ended."""
        old = [stretch for stretch in self._stretches if after < stretch.last <= until]
        begin, count, found = self._stretches.index(old[0]), 0, list[Stretch]()
        # a store lists ahead: closing lets go of that
        with closing(cast("Generator[Drop]", store.list(after))) as drops:
            listing = _Listing(drops)
            for stretch in old:
                pieces = list(_cut(listing, stretch, deadline))
                count += 1
                self._changes += not stretch.known or sum(piece.total for piece in pieces) % 2**64 != stretch.total
                found += pieces
                if time.monotonic() > deadline:
                    break
        self._stretches[begin : begin + count] = _merged(found)
        return max((piece.last for piece in found if piece.known), default=after)


class _Listing:
    """A listing of which the next drop can be seen before it is taken."""

    def __init__(self, drops: Iterator[Drop]) -> None:
        self._drops = drops
        self.drop = next(drops, None)

    def up_to(self, last: str) -> Iterator[Drop]:
        """The drops up to a name."""
        while self.drop and self.drop.name <= last:
            yield self.drop
            self.drop = next(self._drops, None)


def _cut(listing: _Listing, stretch: Stretch, deadline: float) -> Iterator[Stretch]:
    """A stretch as it is listed now, in pieces that are not too long; when time is up, the rest of one never listed stays so."""
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
    """The pieces, neighbours that are short together as one."""
    merged = pieces[:1]
    for piece in pieces[1:]:
        if merged[-1].known and piece.known and merged[-1].drops + piece.drops <= STRETCH:
            merged[-1] = merged[-1].with_next(piece)
        else:
            merged.append(piece)
    return merged
