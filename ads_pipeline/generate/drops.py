"""Drops of generated events: which lines stand in which drop, written as a stream.

The order of receipt is by landed day, then by time and name, which a copy of the files may change. So a
correction stands later in the same drop, or in a drop of a later landed day: the truth holds in whatever order
drops of one day are taken. No event is both repeated and corrected.
"""

import os
import time
import zlib
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from ads_pipeline.generate.events import Block, Writer, draw
from ads_pipeline.generate.malformed import malformed_lines
from ads_pipeline.generate.plan import Plan
from ads_pipeline.generate.truth import Truth

BLOCK = 100_000
"""Events drawn at once: bounds memory, and is part of what a seed means."""

PARTS_AHEAD = 6
"""Stretches of lines that may wait to be compressed."""


@dataclass
class Summary:
    """What was written: counts of lines, of late events, bytes on disk, seconds of wall time."""

    drops: int = 0
    lines: int = 0
    events: int = 0
    duplicates: int = 0
    corrections: int = 0
    malformed: int = 0
    late: int = 0
    bytes: int = 0
    seconds: float = 0.0


def generate(
    out: Path, *, events: int, days: int, drops: int, seed: int = 1, duplicates: float = 0, corrections: float = 0, malformed: float = 0,
    late: float = 0, end: date | None = None, truth: Path | None = None, progress: Callable[[int], None] | None = None,
) -> Summary:  # fmt: skip
    """Write drops below `out/events/dt=<landed day>/`. The same arguments write the same bytes.

    Args:
        out: a landing folder. Drops of the same day and number are replaced, others stay.
        events: distinct valid events.
        days: event days, and landed days, up to `end`. With fewer drops than days a drop brings the days since the one before.
        duplicates, corrections, malformed: percent of `events`, as lines on top: the same again, other content
            under the same id and day, and lines that the contract refuses.
        late: percent of `events` that land one to three landed days after their event day.
        end: the last event day, in UTC; default today.
        truth: file for the exact totals of every rollup row, days in UTC. Below `out` it would be taken for a drop.
        progress: told how many events have been written since it was last told.

    Raises:
        UsageError: a count or share that makes no sense.
        OSError: a file cannot be written.
    """
    plan = Plan(events, days, drops, seed, duplicates, corrections, malformed, late, end or datetime.now(UTC).date())
    with ThreadPoolExecutor(1) as packing:
        return _Generator(out, plan, packing, progress or (lambda _: None)).run(truth)


class _Generator:
    def __init__(self, out: Path, plan: Plan, packing: ThreadPoolExecutor, progress: Callable[[int], None]) -> None:
        self.out, self.plan, self.packing, self.progress = out, plan, packing, progress
        self.writer = Writer(plan.seed, plan.first, plan.days)
        self.truth = Truth(plan.first, plan.days)
        self.users = max(1000, min(plan.events // 5, 2_000_000))
        self.summary = Summary()
        self.waiting: defaultdict[int, list[Block]] = defaultdict(list)

    def run(self, truth: Path | None) -> Summary:
        started = time.monotonic()
        for drop in range(self.plan.drops):
            self._write(drop)
        if truth:
            kinds = ("lines", "events", "duplicates", "corrections", "malformed", "late")
            self.truth.write(truth, {kind: getattr(self.summary, kind) for kind in kinds})
        self.summary.seconds = time.monotonic() - started
        return self.summary

    def _write(self, drop: int) -> None:
        day = self.plan.first + timedelta(days=self.plan.landed_day(drop))
        folder = self.out / "events" / f"dt={day}"
        folder.mkdir(parents=True, exist_ok=True)
        path, unfinished = folder / f"part-{drop:05}.ndjson.gz", folder / f".part-{drop:05}"
        with unfinished.open("wb") as file:
            self._compress(file, self._parts(drop, day))
        landed = datetime.combine(day, datetime.min.time(), UTC).timestamp() + 3600 + drop
        os.utime(unfinished, (landed, landed))
        unfinished.replace(path)
        self.summary.drops += 1
        self.summary.bytes += path.stat().st_size

    def _compress(self, file: BinaryIO, parts: Iterator[Any]) -> None:
        """Compress while the next lines are made: zlib lets go of the interpreter."""
        packer, packed = zlib.compressobj(1, zlib.DEFLATED, 31), deque[Future[bytes]]()
        for lines in parts:
            self.summary.lines += len(lines)
            packed.append(self.packing.submit(packer.compress, _text(lines)))
            if len(packed) > PARTS_AHEAD:
                file.write(packed.popleft().result())
        for part in packed:
            file.write(part.result())
        file.write(packer.flush())

    def _parts(self, drop: int, day: date) -> Iterator[Any]:
        """The lines of a drop: what earlier drops left for it, then its own events with their repetitions."""
        for block in self.waiting.pop(drop, []):
            yield self.writer.lines(block)
        low, high = self.plan.events_before(drop), self.plan.events_before(drop + 1)
        for start in range(low, high, BLOCK):
            end = min(start + BLOCK, high)
            yield from self._block(drop, day, start, end)
            self.progress(end - start)

    def _block(self, drop: int, day: date, start: int, end: int) -> Iterator[Any]:
        plan, size = self.plan, end - start
        rng = np.random.default_rng([plan.seed, start])
        late = plan.late_before(end) - plan.late_before(start)
        block = draw(rng, start, size, plan.event_days(drop), self.users, late)
        shuffled = rng.permutation(size)
        repeats = self._due("duplicates", end)
        repeated, rest = shuffled[:repeats], shuffled[repeats:]
        again = min(self._due("corrections", end), len(rest))
        twice = again // 10
        correction = block.take(rest[: again - twice]).corrected()
        second = correction.take(np.arange(twice)).corrected()
        self.truth.add(block.take(np.delete(np.arange(size), rest[: again - twice])))
        self.truth.add(correction.take(np.arange(twice, len(correction))))
        self.truth.add(second)
        self.summary.events += size
        self.summary.late += late
        self.summary.duplicates += repeats
        self.summary.corrections += again
        lines = self.writer.lines(block)
        if size > 1:
            yield lines.slice(0, size // 2)
        yield from self._malformed(day, self._due("malformed", end))
        yield lines.slice(size // 2)
        yield from self._now_or_later(block.take(repeated), drop, min(drop + 1 + drop % 5, plan.drops - 1))
        # those corrected twice are among the first third, whose first correction stands here, before any second one
        yield from self._now_or_later(correction, drop, plan.next_landed_day(drop))
        yield from self._now_or_later(second, drop, plan.next_landed_day(drop), share=0)

    def _due(self, kind: str, end: int) -> int:
        """How many lines of a kind are to be written yet, for the events before `end`."""
        percent: float = getattr(self.plan, kind)
        written: int = getattr(self.summary, kind)
        return int(end * percent / 100) - written

    def _now_or_later(self, block: Block, drop: int, later: int, share: float = 1 / 3) -> Iterator[Any]:
        """A share of the events now, the rest in a later drop if there is one."""
        now = len(block) if later == drop else int(len(block) * share)
        if now < len(block):
            self.waiting[later].append(block.take(np.arange(now, len(block))))
        if now:
            yield self.writer.lines(block.take(np.arange(now)))

    def _malformed(self, day: date, count: int) -> Iterator[Any]:
        before = self.summary.malformed
        self.summary.malformed += count
        if count:
            # keys far above those of events: a refused line shares no id with one
            yield malformed_lines(self.writer.ids(np.arange(count) + 2**40 + before), day, before)


def _text(lines: pa.StringArray) -> memoryview:
    """The lines' bytes, in place."""
    _, offsets, text = lines.buffers()
    edges = np.frombuffer(offsets, dtype=np.int32)[lines.offset : lines.offset + len(lines) + 1]
    return memoryview(text)[edges[0] : edges[-1]]
