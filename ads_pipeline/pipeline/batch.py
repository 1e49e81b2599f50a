"""The state of a batch of drops between its steps (`steps`), and how its lines are classified and counted."""

import math
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Protocol

from ads_pipeline.pipeline.erasing.people import known_people
from ads_pipeline.pipeline.ledger import NEVER, Counts, Entry, most_common
from ads_pipeline.pipeline.retention import TTL_MARGIN, kept_from_at, ttl_days
from ads_pipeline.pipeline.rollups import Rollup
from ads_pipeline.pipeline.staging import Staging
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.state import read_state
from ads_pipeline.warehouse.statements import Name, Part, Sql, of_batch
from ads_pipeline.warehouse.warehouse import Warehouse


class Content(Protocol):
    """The lines of a batch: all lines of its drops, or lines held in quarantine that are judged again."""

    @property
    def whole(self) -> bool:
        """Whether the batch has all lines of its drops."""

    def claim(self, batch: "Batch") -> None:
        """Mark the drops as `loading` in the ledger, if they are loaded whole."""

    def fill(self, batch: "Batch", staging: Staging) -> None:
        """Put the records of the lines into the batch's tables."""

    def quarantine(self, batch: "Batch") -> None:
        """Write refused lines to quarantine, unless they are there already."""

    def enter(self, batch: "Batch") -> None:
        """Write the counts of the lines to the ledger."""


SLICE_ROWS, SLICE_BYTES = 8_000_000, 40
"""Identities compared in one statement at most, and what each takes of its memory."""

REPEATED_ROWS, REPEATED_BYTES = 1_000_000, 700
"""The same of identities that stand more than once, which are classified and published."""

PART = 4
"""The part of a statement's memory that these may take."""


FEW = 50_000
"""Identities that are looked for in `events` by its primary key; more, and its days are read whole."""

REPEATED_SHARE = 4
"""If no more than one of so many records has an identity that may stand more than once, those are copied once: see `repeating_table`."""

TABLES = (
    "batch",
    "valid",
    "aside",
    "intake",
    "valid_view",
    "aside_view",
    "repeats",
    "repeating",
    "outcomes",
    "replaced",
    "former",
    "latter",
)
"""The tables of a batch, by the names that statements have for them."""


@dataclass
class Batch:
    """A batch between its steps.

    Args:
        entries: its drops in the order of receipt, numbered from 1; they get their counts in `classify`.
        content: the lines of the drops, and how they are written to quarantine and ledger.
        errors: why drops could not be loaded, by drop name.
        again: those of them that the next ingest is to try again.
        gone: those of them that left the landing store after they were listed.
        hints: what seems to be wrong with drops that are refused (nearly) whole, by drop name.
        days: the event days of its valid lines.
        lacking: those of the days that lack raw rows; they take new rows past the views.
        unsure: those of the days that other runs have left unsettled.
        lines: how many records were staged.
        began: when it began, by the monotonic clock.
        staged: what was staged on each shard.
    """

    warehouse: Warehouse
    settings: Settings
    entries: list[Entry]
    rollups: Sequence[Rollup]
    content: "Content"
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    errors: dict[str, str] = field(default_factory=dict)
    again: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    hints: dict[str, str] = field(default_factory=dict)
    days: list[date] = field(default_factory=list)
    lacking: set[date] = field(default_factory=set)
    unsure: set[date] = field(default_factory=set)
    lines: int = 0
    began: float = field(default_factory=time.monotonic)
    staged: dict[Warehouse, "Staged"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.now = self.warehouse.now()
        self.latest = self.now + self.settings.max_future
        facts = read_state(self.warehouse)
        self.first_day = self._first_day(kept_from_at(self.settings, self.now, facts))
        self.erased = known_people(self.settings, facts)
        self.before = {entry.drop.name: entry.counts for entry in self.entries}
        self.tables = {part: Name(f"scratch_{self.id}_{part}") for part in TABLES}
        if self.erased:
            self.tables["erased"] = Name(f"scratch_{self.id}_erased")

    def _first_day(self, bound: date) -> date:
        """The first event day that is kept: the bound of a run that died loading these drops, if one did, so that both judge alike."""
        begun = [entry.first_day for entry in self.entries if entry.first_day > NEVER]
        return max(min([bound, *begun]), bound - timedelta(days=TTL_MARGIN - 1))

    def sql(self, name: str, **parts: Part) -> Sql:
        """A statement of `sql/ingest`, filled with the batch's tables, how long `events` keeps a day, and `parts`."""
        return of_batch(f"ingest/{name}", {**self.tables, "ttl_days": ttl_days(self.settings)}, **parts)

    @property
    def loaded(self) -> list[Entry]:
        """The drops that were loaded, in order."""
        return [entry for entry in self.entries if entry.drop.name not in self.errors]

    @property
    def counts(self) -> Counts:
        """The counts of all drops together."""
        return sum((entry.counts for entry in self.loaded), Counts())

    def classify_shard(self, shard: Warehouse) -> "Staged":
        """Classify the lines of one shard, after a cheap check.

        Most batches repeat nothing: a look at hashed keys, and whether `events` has rows of these days at all, show this.
        """
        rows = {row["event_date"]: int(row["records"]) for row in shard.rows(self.sql("staged_days"))}
        staged = Staged(rows, shard.rows(self.sql("staged_counts")))
        held = shard.column(self.sql("held_days"), days=list(rows)) if rows else []
        slices = max(1, math.ceil(staged.records / self._at_a_time(SLICE_ROWS, SLICE_BYTES)))
        for number in range(slices):
            shard.run(self.sql("find_repeats"), slices=slices, slice=number)
        within = staged.repeated = int(shard.value(self.sql("has_repeats")))
        for number in range(slices if held else 0):
            shard.run(self.sql("find_held", few=staged.records <= FEW), days=held, slices=slices, slice=number)
        if held:
            staged.repeated = int(shard.value(self.sql("has_repeats")))
        staged.held = staged.repeated > within
        if staged.repeated * REPEATED_SHARE > staged.records:
            shard.run(self.sql("repeating_view"))
        elif staged.repeated:
            shard.run(self.sql("repeating_table"))
            shard.run(self.sql("find_repeating"))
        few = staged.repeated <= FEW
        for part in self._repeated_slices(staged.repeated):
            shard.run(self.sql("classify", few=few), days=held, whole=self.content.whole, **part)
        if staged.repeated:
            staged.counts += shard.rows(self.sql("outcome_counts"))
        return staged

    def publish_resolved(self, shard: Warehouse, target: Name, *, lacking: Sequence[date], attached: bool) -> None:
        """Write to a table what classifying made of the records whose identity may stand more than once."""
        for part in self._repeated_slices(self.staged[shard].repeated):
            shard.run(self.sql("publish_resolved", target=target), id=self.id, lacking=lacking, attached=attached, **part)

    def _repeated_slices(self, repeated: int) -> list[dict[str, int]]:
        """The parameters `slices` and `slice` of statements that take identities which stand more than once, so many at a time."""
        slices = math.ceil(repeated / self._at_a_time(REPEATED_ROWS, REPEATED_BYTES))
        return [{"slices": slices, "slice": number} for number in range(slices)]

    def _at_a_time(self, rows: int, size: int) -> int:
        """How many rows a statement takes, each of so many bytes."""
        memory = self.warehouse.connection.memory
        return min(rows, memory // (PART * size)) if memory else rows

    def count(self, staged: Sequence["Staged"]) -> None:
        """Give each drop its counts, added up over the shards."""
        found: defaultdict[int, Counter[str]] = defaultdict(Counter)
        for row in (row for part in staged for row in part.counts):
            found[row["drop_no"]].update({name: value for name, value in row.items() if name != "drop_no"})
        reasons = self._ignored() if any(lines["ignored"] for lines in found.values()) else defaultdict(Counter)
        past = self._past() if any(entry.counts.lines for entry in self.entries) else {}
        for number, entry in enumerate(self.entries, 1):
            lines = found[number]
            ignored = reasons[number]
            expired = past.get(number, (0, 0))
            quarantined = lines["quarantined"] - expired[0]
            accepted = lines["records"] - lines["quarantined"] - lines["duplicates"] - lines["corrections"]
            counts = Counts(
                lines["lines"], accepted, lines["duplicates"], lines["corrections"], quarantined, lines["ignored"], most_common(ignored)
            )
            self.entries[number - 1] = replace(entry, counts=_with_past(counts, entry.counts, *expired))

    def _ignored(self) -> defaultdict[int, Counter[str]]:
        """By drop: how many lines were ignored for which reason."""
        found: defaultdict[int, Counter[str]] = defaultdict(Counter)
        for row in self.warehouse.rows(self.sql("staged_ignored")):
            found[row["drop_no"]][row["reason"]] += int(row["lines"])
        return found

    def _past(self) -> dict[int, tuple[int, int]]:
        """By drop: lines accepted the last time whose days have expired since, and how many identities the drop has on these days."""
        rows = self.warehouse.rows(self.sql("past_counts"), first_day=self.first_day)
        return {row["drop_no"]: (int(row["past"]), int(row["accepted"])) for row in rows}


def _with_past(now: Counts, before: Counts, past: int, brought: int) -> Counts:
    """Counts with `past` lines of expired days, counted as before; `brought`: how many of their identities count for the drop."""
    accepted = min(past, before.accepted, brought)
    corrections = min(past - accepted, max(0, before.corrections - now.corrections))
    duplicates = past - accepted - corrections
    return now + Counts(0, accepted, duplicates, corrections, 0)


@dataclass
class Staged:
    """The staged records of one shard: how many are valid, by event day, and counts by drop (`drop_no`, …).

    Args:
        repeated: how many identities may stand more than once, within the batch or in `events` already.
        held: whether `events` may have any of them.
    """

    rows: dict[date, int]
    counts: list[dict[str, int]]
    repeated: int = 0
    held: bool = False

    @property
    def records(self) -> int:
        """How many records."""
        return sum(row.get("records", 0) for row in self.counts)
