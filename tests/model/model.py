"""The promises in plain Python: what raw, rollups, ledger and quarantine say, from what landed, when, and in which order it was loaded.

Nothing of the pipeline is used here. An identity keeps what each drop says of it; the last received stays.
What the promises leave open (who brought an event first after a run was killed) is `open_origin`, and is taken from what is there.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

Identity = tuple[date, tuple[str, str, str]]
"""Event day; id space, event type, event id."""

Place = tuple[date, datetime]
"""Landed day, moment; the name of the drop settles ties."""

MAX_FUTURE = timedelta(hours=24)
NO_BOUND = date(1970, 1, 1)
FIELDS = ("event_time", "event_type", "campaign_id", "ad_id", "publisher_id", "user_id", "country", "device", "quantity", "cost")


@dataclass(frozen=True)
class Landed:
    """A file in the landing store; `etag` is another for each writing."""

    lines: tuple[str, ...]
    at: datetime
    etag: int
    readable: bool = True


@dataclass(frozen=True)
class Entry:
    """A drop in the ledger; `content`: the identities of its lines that were good when it was loaded last."""

    status: str
    etag: int
    place: Place
    lines: int = 0
    accepted: int = 0
    quarantined: int = 0
    content: frozenset[Identity] = frozenset()


@dataclass(frozen=True)
class Said:
    """What a drop says of an identity: its place, and its lines."""

    place: Place
    lines: Mapping[int, tuple[Any, ...]]


@dataclass(frozen=True)
class Refused:
    """A line in quarantine."""

    reason: str
    text: str
    discarded: bool = False


@dataclass
class Model:
    """What has happened, and what follows from it."""

    zone: str
    retention: int
    batch_drops: int
    now: datetime
    store: dict[str, Landed] = field(default_factory=dict)
    ledger: dict[str, Entry] = field(default_factory=dict)
    said: dict[Identity, dict[str, Said]] = field(default_factory=dict)
    origin: dict[Identity, str] = field(default_factory=dict)
    quarantine: dict[tuple[str, int], Refused] = field(default_factory=dict)
    dropped: set[date] = field(default_factory=set)
    reached: date = NO_BOUND
    mapped: bool = False  # whether the source `alt` maps `c` to the campaign
    open_origin: set[Identity] = field(default_factory=set)
    counted: set[str] = field(default_factory=set)  # drops whose counts are due
    judging: datetime | None = None  # the clock of the batch that is judged, if not the present one
    large: int = 100_000  # valid records from which a batch is attached

    # --- days

    @property
    def today(self) -> date:
        return self.now.astimezone(ZoneInfo(self.zone)).date()

    def kept_from(self) -> date:
        """The first event day kept: never before one that was reached."""
        first = self.today - timedelta(days=self.retention - 1) if self.retention else NO_BOUND
        return max(first, self.reached)

    def prepare(self) -> None:
        """Every run writes down the bound, behind the newest expired day that had events."""
        self._reach(self.kept_from())

    def change_retention(self, days: int) -> None:
        if self.retention:
            self._reach(self.today - timedelta(days=self.retention - 1))
        self.retention = days

    def _reach(self, bound: date) -> None:
        had = [day for day, _ in self.origin if day < bound]
        self.reached = max([self.reached, *(day + timedelta(days=1) for day in had)])

    def enforce(self) -> None:
        self.prepare()
        self.dropped |= {day for day, _ in self.origin if day < self.kept_from()}

    # --- what is to be loaded

    def place_of(self, name: str) -> Place:
        landed, entry = self.store[name], self.ledger.get(name)
        listed = self.listed_place(name)
        if entry is None:
            return listed
        return entry.place if entry.etag == landed.etag else max(entry.place, listed)

    def listed_place(self, name: str) -> Place:
        at = min(self.store[name].at, self.now)
        found = re.findall(r"dt=(\d{4}-\d{2}-\d{2})/", name)
        day = date.fromisoformat(found[-1]) if found else self.store[name].at.date()
        return min(day, self.now.astimezone(UTC).date()), at

    def waiting(self, first: date | None = None, last: date = date.max, limit: int = 0) -> list[str]:
        """What an ingest loads, or a reload of landed days, in the order of receipt."""
        found = []
        for name, landed in self.store.items():
            entry = self.ledger.get(name)
            same = entry is not None and entry.etag == landed.etag
            new = not same or (entry is not None and entry.status in ("pending", "vanished"))
            days = {self.place_of(name)[0], *([] if same else [self.listed_place(name)[0]])}
            if new if first is None else any(first <= day <= last for day in days):
                found.append(name)
        return self.ordered(found)[: limit or None]

    def ordered(self, names: Iterable[str]) -> list[str]:
        return sorted(names, key=lambda name: (self.place_of(name), name))

    def is_whole(self, name: str) -> bool:
        """Whether the landing store still has all that the pipeline took from a drop."""
        entry, landed = self.ledger.get(name), self.store.get(name)
        if entry is None or landed is None:
            return False
        of_it = {identity for identity, said in self.said.items() if name in said}
        return entry.status == "loaded" and entry.etag == landed.etag and of_it <= entry.content

    def healable_days(self) -> set[date]:
        """Kept days whose rows the landing store could bring again."""
        days = {day for day, _ in self.said if day >= self.kept_from()}
        return days - {day for (day, _), said in self.said.items() if not all(map(self.is_whole, said))}

    # --- loading

    def load(self, names: Sequence[str], bounds: Mapping[str, date] | None = None) -> None:
        """Load drops of the store, in this order. `bounds`: by drop, the oldest day kept when it was judged, if not the present one."""
        for name in names:
            landed, before, place = self.store[name], self.ledger.get(name), self.place_of(name)
            same = before is not None and before.etag == landed.etag
            if not landed.readable:
                kept = before if same and before else Entry("", 0, place)
                self.ledger[name] = replace(kept, status="failed", etag=landed.etag, place=place)
                continue
            self._load(
                name, place, (bounds or {}).get(name, self.kept_from()), judged_before=same and before is not None and before.lines > 0
            )

    def _load(self, name: str, place: Place, bound: date, *, judged_before: bool) -> None:
        landed = self.store[name]
        good: defaultdict[Identity, dict[int, tuple[Any, ...]]] = defaultdict(dict)
        refused, past = dict[int, str](), set[Identity]()
        for number, text in enumerate(landed.lines, 1):
            identity, content, reason = self.judge(name, text, bound)
            if not reason:
                good[identity][number] = content
            elif reason == "expired" and judged_before and (name, number) not in self.quarantine:
                past.add(identity)  # it was good the last time, and stays counted so
            else:
                refused[number] = reason
        for identity, lines in good.items():
            self._say(name, identity, Said(place, lines))
        for key in [key for key in self.quarantine if key[0] == name and key[1] not in refused]:
            del self.quarantine[key]
        for number, reason in refused.items():
            known = self.quarantine.get((name, number))
            if not (known and known.discarded):
                self.quarantine[name, number] = Refused(reason, landed.lines[number - 1])
        content_now = frozenset({*good, *past})
        self.ledger[name] = Entry("loaded", landed.etag, place, len(landed.lines), 0, len(refused), content_now)
        self.counted.add(name)

    def _say(self, name: str, identity: Identity, said: Said) -> None:
        self.said.setdefault(identity, {})[name] = said
        self.origin.setdefault(identity, name)

    def judge(self, name: str, text: str, bound: date) -> tuple[Identity, tuple[Any, ...], str]:
        """Identity, content and reason of refusal (empty: none) of a line."""
        nothing = (NO_BOUND, ("", "", ""))
        try:
            fields = json.loads(text)
        except ValueError:
            return nothing, (), "not_json"
        fields = dict(fields)
        short = fields.pop("c", None)
        if name.startswith("alt/") and self.mapped and short:
            fields["campaign_id"] = short
        time = datetime.fromisoformat(fields["event_time"])
        # `alt` and the source of the contract share the space `events`
        space = "own" if name.startswith("own/") else "events"
        identity = (time.astimezone(ZoneInfo(self.zone)).date(), (space, fields["event_type"], fields["event_id"]))
        numbers = {"event_time": time, "quantity": int(fields.get("quantity", 1)), "cost": Decimal(fields.get("cost", 0))}
        content = tuple(numbers.get(key, fields.get(key, "")) for key in FIELDS)
        if not fields.get("campaign_id"):
            reasons = [*self._late(identity, time, bound), "missing:campaign_id"]
            return identity, content, ",".join(reasons)
        return identity, content, ",".join(self._late(identity, time, bound))

    def _late(self, identity: Identity, time: datetime, bound: date) -> list[str]:
        return ["expired"] if identity[0] < bound else ["future"] if time > (self.judging or self.now) + MAX_FUTURE else []

    def vanish(self, first: date | None = None, last: date = date.max) -> None:
        """Drops that are gone before they were loaded whole have an end."""
        for name, entry in self.ledger.items():
            if entry.status == "pending" and name not in self.store and (first is None or first <= entry.place[0] <= last):
                quarantined = sum(key[0] == name for key in self.quarantine)
                accepted = sum(origin == name for origin in self.origin.values())
                self.ledger[name] = replace(
                    entry, status="vanished", lines=accepted + quarantined, accepted=accepted, quarantined=quarantined
                )

    # --- the other verbs

    def replay(self, drops: Collection[str]) -> None:
        """Judge held lines again, of these drops or of all."""
        held = [key for key, line in self.quarantine.items() if not line.discarded and (not drops or key[0] in drops)]
        ordered = [
            name
            for batch in self.batches(sorted({name for name, _ in held}))
            for name in sorted(batch, key=lambda name: (self.ledger[name].place, name))
            if self.ledger[name].status == "loaded"
        ]
        for name in ordered:
            entry, found = self.ledger[name], set[Identity]()
            for key in sorted(key for key in held if key[0] == name):
                identity, content, reason = self.judge(name, self.quarantine[key].text, self.kept_from())
                if reason:
                    continue
                del self.quarantine[key]
                before = self.said.get(identity, {}).get(name)
                lines = dict(before.lines) if before and identity in entry.content | found else {}
                self._say(name, identity, Said(entry.place, lines | {key[1]: content}))
                found.add(identity)
            still = sum(key[0] == name for key in self.quarantine)
            self.ledger[name] = replace(entry, quarantined=still, content=entry.content | found)
            self.counted.add(name)

    def discard(self, drops: Collection[str]) -> None:
        for key, line in self.quarantine.items():
            if not drops or key[0] in drops:
                self.quarantine[key] = replace(line, discarded=True)

    def forget(self, names: Collection[str]) -> None:
        """As if these drops had never landed."""
        gone = {name for name in names if self.ledger[name].status != "forgotten"}
        for identity in list(self.said):
            said = self.said[identity]
            self.said[identity] = {name: what for name, what in said.items() if name not in gone}
            if not self.said[identity]:
                del self.said[identity], self.origin[identity]
            elif gone & said.keys():
                self.open_origin.add(identity)
        for key in [key for key in self.quarantine if key[0] in gone]:
            del self.quarantine[key]
        for name in gone:
            entry = self.ledger[name]
            self.ledger[name] = Entry("forgotten", entry.etag, entry.place)

    def end_failed(self, status: str) -> None:
        for name, entry in self.ledger.items():
            if entry.status == "failed":
                self.ledger[name] = replace(entry, status=status)

    # --- what has to be there

    def winner(self, identity: Identity) -> tuple[str, tuple[Any, ...]]:
        """The drop and the content that were received last."""
        name, said = max(self.said[identity].items(), key=lambda item: (item[1].place, item[0]))
        return name, said.lines[max(said.lines)]

    def settle(self, origins: Mapping[Identity, str]) -> None:
        """Take over what was left open, where it is one of those that the promises allow; then the counts are known."""
        for identity in self.open_origin & self.origin.keys():
            found = origins.get(identity, "")
            if found in self.said[identity]:
                self.origin[identity] = found
        self.open_origin.clear()
        for name in self.counted:
            entry = self.ledger[name]
            accepted = sum(self.origin.get(identity) == name for identity in entry.content)
            self.ledger[name] = replace(entry, accepted=accepted) if entry.status == "loaded" else entry
        self.counted.clear()

    def raw(self) -> dict[Identity, tuple[Any, ...]]:
        """Each identity's content and the drop that brought it first."""
        kept = (identity for identity in self.said if identity[0] not in self.dropped)
        return {identity: (*self.winner(identity)[1], self.origin[identity]) for identity in kept}

    def drop_days(self) -> dict[tuple[str, date], int]:
        return dict(Counter((name, day) for (day, _), name in self.origin.items()))

    def rollup(self, *dimensions: str) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        """Impressions, clicks, conversions, cost and distinct users by day and dimensions; expired days are in it."""
        totals: defaultdict[tuple[Any, ...], list[Any]] = defaultdict(lambda: [0, 0, 0, Decimal(0), set()])
        for identity in self.said:
            event = dict(zip(FIELDS, self.winner(identity)[1], strict=True))
            row = totals[(identity[0], *(event[name] for name in dimensions))]
            row[("impression", "click", "conversion").index(event["event_type"])] += event["quantity"]
            row[3] += event["cost"]
            row[4] |= {event["user_id"]} - {""}
        return {key: (*row[:4], len(row[4])) for key, row in totals.items()}

    def batches(self, names: Sequence[str]) -> Iterator[Sequence[str]]:
        yield from (names[at : at + self.batch_drops] for at in range(0, len(names), self.batch_drops))
