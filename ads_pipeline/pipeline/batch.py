"""A batch of drops between its steps (`steps`): what it is made of, how its lines are told apart and counted."""

import math
import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Protocol

from ads_pipeline.pipeline.ledger import NEVER, Counts, Entry
from ads_pipeline.pipeline.retention import TTL_MARGIN, kept_from
from ads_pipeline.pipeline.rollups import Rollup
from ads_pipeline.pipeline.staging import Staging
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.statements import Name, Part, Sql, template
from ads_pipeline.warehouse.warehouse import Warehouse


class Content(Protocol):
    """What the drops of a batch bring: all of their lines, or lines that are held in quarantine and judged again."""

    @property
    def whole(self) -> bool:
        """Whether the drops are here with all their lines."""

    def claim(self, batch: "Batch") -> None:
        """Say in the ledger that the drops are being loaded, if that is so."""

    def fill(self, batch: "Batch", staging: Staging) -> None:
        """Put the lines into the staging table."""

    def quarantine(self, batch: "Batch") -> None:
        """Keep refused lines where people look, if they are not there yet."""

    def enter(self, batch: "Batch") -> None:
        """Write down what became of the lines, in the ledger."""


SLICE_ROWS = 8_000_000
"""Identities looked at together while classifying: what bounds its memory (some 40 bytes each)."""


@dataclass
class Batch:
    """A batch between its steps.

    Args:
        entries: its drops in the order of receipt, numbered from 1 by their place; with their counts at the end.
        content: the lines of the drops, and how the ledger hears of them.
        errors: what kept a drop out, by drop name.
        again: those of them that the next ingest is to try again.
        days: the event days of its valid lines.
        lacking: those of the days that lack raw rows; they take new rows past the views.
        lines: how many lines were staged.
        repeated: the shards on which an identity may stand more than once, in the batch or in `events` already.
    """

    warehouse: Warehouse
    settings: Settings
    entries: list[Entry]
    rollups: Sequence[Rollup]
    content: "Content"
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    errors: dict[str, str] = field(default_factory=dict)
    again: set[str] = field(default_factory=set)
    days: list[date] = field(default_factory=list)
    lacking: set[date] = field(default_factory=set)
    lines: int = 0
    repeated: set[Warehouse] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.now = self.warehouse.now()
        self.latest = self.now + self.settings.max_future
        self.first_day = self._first_day()
        self.before = {entry.drop.name: entry.counts for entry in self.entries}
        self.tables = {part: Name(f"scratch_{self.id}_{part}") for part in ("batch", "staging", "repeats", "outcomes", "replaced")}

    def _first_day(self) -> date:
        """The oldest event day kept: that of the run before, if one died in these drops, so that both judge alike."""
        bound = kept_from(self.warehouse, self.settings, self.now)
        begun = [entry.first_day for entry in self.entries if entry.first_day > NEVER]
        return max(min([bound, *begun]), bound - timedelta(days=TTL_MARGIN - 1))

    def sql(self, name: str, **parts: Part) -> Sql:
        """A statement of `sql/ingest`, filled with the batch's tables and `parts`."""
        unfilled = template(f"ingest/{name}")
        return unfilled.fill(**parts, **{part: table for part, table in self.tables.items() if part in unfilled.wants})

    @property
    def loaded(self) -> list[Entry]:
        """The drops that entered, in order."""
        return [entry for entry in self.entries if entry.drop.name not in self.errors]

    @property
    def counts(self) -> Counts:
        """What became of the lines of all drops together."""
        return sum((entry.counts for entry in self.loaded), Counts())

    def classify_shard(self, shard: Warehouse) -> "Staged":
        """Tell the lines of one shard apart, by a cheap look first.

        Most batches repeat nothing: a distinct count of keys, and a look whether `events` has rows of these
        days at all, let them go the plain way.
        """
        staged = Staged(shard.column(self.sql("staged_days")), shard.rows(self.sql("staged_counts")))
        held = shard.column(self.sql("held_days"), days=staged.days) if staged.days else []
        slices = max(1, math.ceil(staged.lines / SLICE_ROWS))
        for number in range(slices):
            part = {"slices": slices, "slice": number}
            if shard.value(self.sql("count_repeats"), **part):
                shard.run(self.sql("find_repeats"), **part)
            if held:
                shard.run(self.sql("find_held"), days=held, **part)
        staged.repeated = bool(shard.value(self.sql("has_repeats")))
        if staged.repeated:
            for number in range(slices):
                shard.run(self.sql("classify"), days=held, whole=self.content.whole, slices=slices, slice=number)
            staged.counts += shard.rows(self.sql("outcome_counts"))
        return staged

    def count(self, staged: Sequence["Staged"]) -> None:
        """Give each drop its counts, added up over the shards."""
        found: defaultdict[int, Counter[str]] = defaultdict(Counter)
        for row in (row for part in staged for row in part.counts):
            found[row["drop_no"]].update({name: value for name, value in row.items() if name != "drop_no"})
        past = self._past() if any(entry.counts.lines for entry in self.entries) else {}
        for number, entry in enumerate(self.entries, 1):
            lines = found[number]
            expired = past.get(number, (0, 0))
            quarantined = lines["quarantined"] - expired[0]
            accepted = lines["lines"] - lines["quarantined"] - lines["duplicates"] - lines["corrections"]
            counts = Counts(lines["lines"], accepted, lines["duplicates"], lines["corrections"], quarantined)
            self.entries[number - 1] = replace(entry, counts=_with_past(counts, entry.counts, *expired))

    def _past(self) -> dict[int, tuple[int, int]]:
        """By drop: lines that were good when it was loaded before and whose days have expired since, and its identities there."""
        rows = self.warehouse.rows(self.sql("past_counts"), first_day=self.first_day)
        return {row["drop_no"]: (int(row["past"]), int(row["accepted"])) for row in rows}


def _with_past(now: Counts, before: Counts, past: int, brought: int) -> Counts:
    """Counts with `past` lines of expired days, counted as the last time; `brought`: identities there that the drop is counted for."""
    accepted = min(past, before.accepted, brought)
    corrections = min(past - accepted, max(0, before.corrections - now.corrections))
    duplicates = past - accepted - corrections
    return now + Counts(0, accepted, duplicates, corrections, 0)


@dataclass
class Staged:
    """What a shard's part of the staging table holds: event days of its valid lines, counts by drop (`drop_no`, …)."""

    days: list[date]
    counts: list[dict[str, int]]
    repeated: bool = False

    @property
    def lines(self) -> int:
        """How many lines."""
        return sum(row.get("lines", 0) for row in self.counts)
