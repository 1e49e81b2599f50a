"""Drops of generated events: which lines stand in which drop, written as a stream.

The order of receipt is by landed day, then by time and name, which a copy of the files may change. So a
correction stands later in the same drop, or in a drop of a later landed day: the truth holds in whatever order
drops of one day are taken.
"""

import os
import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ads_pipeline.errors import UsageError
from ads_pipeline.generate.events import Numbers, Writer, draw
from ads_pipeline.generate.truth import Truth

BLOCK = 200_000
"""Events drawn at once: bounds memory, and is part of what a seed means."""

# Lines that the contract refuses, each for a reason of its own; `#` stands for an id.
MALFORMED = (
    "no json at all #",
    '{"event_id":"#","event_time":"2026-01-01T00:00:00Z"',
    '["#"]',
    '{"event_time":"2026-01-01T00:00:00Z","event_type":"click","campaign_id":"#"}',
    '{"event_id":"#","event_time":"2026-01-01 00:00:00","event_type":"click","campaign_id":"c001"}',
    '{"event_id":"#","event_time":1767225600,"event_type":"click","campaign_id":"c001"}',
    '{"event_id":"#","event_time":"2100-01-01T00:00:00Z","event_type":"click","campaign_id":"c001"}',
    '{"event_id":"#","event_time":"2026-01-01T00:00:00Z","event_type":"view","campaign_id":"c001"}',
    '{"event_id":"#","event_time":"2026-01-01T00:00:00Z","event_type":"click","campaign_id":null}',
    '{"event_id":"#","event_time":"2026-01-01T00:00:00Z","event_type":"click","campaign_id":"c001","cost":1e9}',
    '{"event_id":"#","event_time":"2026-01-01T00:00:00Z","event_type":"click","campaign_id":"c001","cost":0.1234567891}',
    '{"event_id":"#","event_time":"2026-01-01T00:00:00Z","event_type":"click","campaign_id":"c001","country":"usa"}',
    '{"event_id":"#","event_time":"2026-01-01T00:00:00Z","event_type":"click","campaign_id":"c001","device":"fridge"}',
    '{"event_id":"#","event_time":"2026-01-01T00:00:00Z","event_type":"click","campaign_id":"c001","attributes":{"a":1}}',
)


@dataclass(frozen=True)
class Plan:
    """What to generate; shares are percentages of `events`, the number of distinct valid events."""

    events: int
    days: int
    drops: int
    seed: int = 1
    duplicates: float = 0
    corrections: float = 0
    malformed: float = 0
    late: float = 0
    quantities: float = 0
    refunds: float = 0
    end: date = field(default_factory=lambda: datetime.now(UTC).date())

    def __post_init__(self) -> None:
        for name in ("events", "days", "drops"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} is {getattr(self, name)}: it has to be 1 or more")
        for name in ("duplicates", "corrections", "malformed", "late", "quantities", "refunds"):
            if not 0 <= getattr(self, name) <= 50:
                raise UsageError(f"{name} is {getattr(self, name)}: it is a percentage from 0 to 50")
        if self.drops > self.events:
            raise UsageError(f"{self.drops} drops for {self.events} events: a drop needs an event at least")

    @property
    def first(self) -> date:
        """The first event day."""
        return self.end - timedelta(days=self.days - 1)

    def day_of(self, drop: int) -> int:
        """The landed day of a drop, counted from the first."""
        return drop * self.days // self.drops if self.drops >= self.days else drop * (self.days - 1) // max(self.drops - 1, 1)


@dataclass
class Summary:
    """What was written: counts of lines, bytes on disk, seconds of wall time."""

    drops: int = 0
    lines: int = 0
    events: int = 0
    duplicates: int = 0
    corrections: int = 0
    malformed: int = 0
    late: int = 0
    bytes: int = 0
    seconds: float = 0.0


def generate(out: Path, *, truth: Path | None = None, progress: Callable[[int], None] | None = None, **plan: Any) -> Summary:
    """Write drops below `out/events/`, and their exact totals to `truth`. The same plan writes the same bytes.

    Args:
        progress: told how many events have been written since it was last told.
        plan: the fields of `Plan`.

    Raises:
        UsageError: a count or share that makes no sense.
    """
    generator = _Generator(Plan(**plan), progress)
    return generator.run(lambda drop: generator.write(drop, out), truth)


def generate_lines(
    send: Callable[[list[memoryview]], None],
    *,
    size: int,
    truth: Path | None = None,
    progress: Callable[[int], None] | None = None,
    **plan: Any,
) -> Summary:
    """Hand the lines of the drops to `send` rather than write them, in pieces of `size` lines.

    The pieces of one call may be received in any order; those of the next call, which may correct their events, after them.
    """
    generator = _Generator(Plan(**plan), progress)

    def send_drop(drop: int) -> None:
        for lines in generator.parts(drop):
            pieces = list(_pieces(lines, size))
            generator.summary.lines += len(lines)
            generator.summary.bytes += sum(map(len, pieces))
            send(pieces)
        generator.summary.drops += 1

    return generator.run(send_drop, truth)


def _pieces(lines: Any, size: int) -> Iterator[memoryview]:
    """The bytes of an array of lines, so many lines at a time."""
    for chunk in lines.chunks if isinstance(lines, pa.ChunkedArray) else [lines]:
        offsets = np.frombuffer(chunk.buffers()[1], dtype=np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
        data = memoryview(chunk.buffers()[2] or b"")
        for start in range(0, len(chunk), size or 1):
            yield data[offsets[start] : offsets[min(start + size, len(chunk))]]


class _Generator:
    def __init__(self, plan: Plan, progress: Callable[[int], None] | None) -> None:
        self.plan, self.progress = plan, progress or (lambda _: None)
        self.writer = Writer(plan.seed, plan.first, plan.days)
        self.truth = Truth(plan.first, plan.days)
        self.users = max(1000, min(plan.events // 5, 2_000_000))
        self.summary = Summary()
        self.waiting: defaultdict[int, list[Any]] = defaultdict(list)

    def run(self, make: Callable[[int], None], truth: Path | None) -> Summary:
        started = time.monotonic()
        for drop in range(self.plan.drops):
            make(drop)
        self.summary.seconds = time.monotonic() - started
        if truth:
            kinds = ("lines", "events", "duplicates", "corrections", "malformed", "late")
            self.truth.write(truth, {kind: getattr(self.summary, kind) for kind in kinds})
        return self.summary

    def write(self, drop: int, out: Path) -> None:
        day = self.plan.first + timedelta(days=self.plan.day_of(drop))
        folder = out / "events" / f"dt={day}"
        folder.mkdir(parents=True, exist_ok=True)
        path, unfinished = folder / f"part-{drop:05}.ndjson.gz", folder / f".part-{drop:05}"
        with unfinished.open("wb") as file:
            self._compress(file, self.parts(drop))
        landed = datetime.combine(day, datetime.min.time(), UTC).timestamp() + 3600 + drop
        os.utime(unfinished, (landed, landed))
        unfinished.replace(path)
        self.summary.drops += 1
        self.summary.bytes += path.stat().st_size

    def _compress(self, file: BinaryIO, parts: Iterator[Any]) -> None:
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        for lines in parts:
            self.summary.lines += len(lines)
            for piece in _pieces(lines, len(lines)):
                file.write(packer.compress(piece))
        file.write(packer.flush())

    def parts(self, drop: int) -> Iterator[Any]:
        """The lines of a drop: what earlier drops left for it, then its own events with their repetitions."""
        yield from self.waiting.pop(drop, [])
        low, high = (self.plan.events * place // self.plan.drops for place in (drop, drop + 1))
        for start in range(low, high, BLOCK):
            yield from self._block(drop, start, min(start + BLOCK, high))
            self.progress(min(start + BLOCK, high) - start)

    def _block(self, drop: int, start: int, end: int) -> Iterator[Any]:
        plan, size, day = self.plan, end - start, self.plan.day_of(drop)
        rng = np.random.default_rng([plan.seed, start])
        block = draw(rng, start, size, day, self.users, plan.late / 100, plan.quantities / 100, plan.refunds / 100)
        lines = self.writer.lines(block)
        shuffled = rng.permutation(size)
        repeated = shuffled[: self._share(plan.duplicates, start, end)]
        corrected = shuffled[len(repeated) : len(repeated) + self._share(plan.corrections, start, end)]
        correction = block.take(corrected).corrected()
        self.truth.add(block.take(np.delete(np.arange(size), corrected)))
        self.truth.add(correction)
        self.summary.events += size
        self.summary.duplicates += len(repeated)
        self.summary.corrections += len(corrected)
        self.summary.late += int((block.day < day).sum())
        yield lines
        yield from self._now_or_later(lines.take(pa.array(repeated)), drop, min(drop + 1, plan.drops - 1))
        yield from self._now_or_later(self.writer.lines(correction), drop, self._next_day(drop))
        yield self._malformed(rng, start, self._share(plan.malformed, start, end))

    @staticmethod
    def _share(percent: float, start: int, end: int) -> int:
        """How many of the events from `start` to `end`, so that all shares add up to the whole's."""
        return int(end * percent / 100) - int(start * percent / 100)

    def _next_day(self, drop: int) -> int:
        """The first drop of a later landed day, or this one when there is none."""
        day = self.plan.day_of(drop)
        return next((later for later in range(drop + 1, self.plan.drops) if self.plan.day_of(later) > day), drop)

    def _now_or_later(self, lines: Any, drop: int, later: int) -> Iterator[Any]:
        """A third of the lines now, the rest in a later drop."""
        now = len(lines) if later == drop else len(lines) // 3
        if now < len(lines):
            self.waiting[later].append(pa.concat_arrays([lines.slice(now)]))
        yield lines.slice(0, now)

    def _malformed(self, rng: np.random.Generator, start: int, count: int) -> Any:
        self.summary.malformed += count
        kinds: Numbers = rng.integers(0, len(MALFORMED), count)
        before, after = (pa.array([line.partition("#")[side] for line in MALFORMED]).take(pa.array(kinds)) for side in (0, 2))
        ids = self.writer.ids(np.arange(2**40 + start, 2**40 + start + count))
        return pc.binary_join_element_wise(before, ids, after, "\n", "")
