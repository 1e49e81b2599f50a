"""A progress bar (bytes and drops), on a terminal only. It moves within a batch: by its steps, and by estimate within a step."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ads_pipeline.pipeline.ingest import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

STAGED = 0.6
"""The share of a batch's time that staging takes, about; the steps after it share the rest."""

AFTER = {"classify": 0.25, "note": 0.3, "publish": 0.35, "correct": 0.7, "quarantine": 0.8, "enter": 0.85, "settle": 0.9, "": 1.0}
"""How much of that rest is done when a step begins; the empty step is the end."""

TICK_SECONDS = 0.2

EASE = 0.015
"""The share of what is left of a step that the bar moves at each tick: it never reaches the step's end before the step does."""


class Estimate:
    """How many bytes' worth of work is done: what is known, and what a step that is under way may have done since.

    Args:
        total: bytes of the run.
    """

    def __init__(self) -> None:
        self.total, self.done, self.ahead = 0, 0.0, 0.0
        self._settled, self._batch = 0.0, 0

    def staged(self, size: int) -> None:
        """So many more bytes of the batch are staged."""
        self._batch += size
        self._reach(self._settled + STAGED * self._batch)

    def step(self, name: str) -> None:
        """A step begins."""
        if name in AFTER:
            self._reach(self._settled + self._batch * (STAGED + (1 - STAGED) * AFTER[name]))
        if name in ("", "claim"):  # a batch that is tried again is staged again
            self._settled, self._batch = (self.done if not name else self._settled), 0

    def tick(self) -> float:
        """Move on within the step; returns what is done."""
        self.ahead += EASE * max(0.0, self._end() - self.ahead)
        return min(self.ahead, float(self.total))

    def _reach(self, done: float) -> None:
        self.done = max(self.done, done)
        self.ahead = max(self.ahead, self.done)

    def _end(self) -> float:
        """What is done when the step ends, at least: while nothing is staged yet, the run may be one batch."""
        return self._settled + (self._batch or STAGED * (self.total - self._settled))


class _Shown(Progress):
    """Moves a bar of rich's."""

    def __init__(self, bars: "Bars") -> None:
        self.bars, self.task = bars, bars.add_task("ingest", total=0, drops=0, step="")
        self.drops, self.total, self.estimate, self.ended = 0, 0, Estimate(), threading.Event()

    def begin(self, drops: int, size: int) -> None:
        self.total, self.estimate.total = drops, size
        self.bars.update(self.task, total=size, drops=f"0 of {drops}")

    def advance(self, size: int, drops: int) -> None:
        self.drops += drops
        self.estimate.staged(size)
        self.bars.update(self.task, drops=f"{self.drops} of {self.total}")

    def step(self, name: str) -> None:
        self.estimate.step(name)
        self.bars.update(self.task, step=name.replace("_", " "))

    def move(self) -> None:
        while not self.ended.wait(TICK_SECONDS):
            self.bars.update(self.task, completed=self.estimate.tick())


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """A progress that draws a bar on standard error when that is a terminal."""
    if not sys.stderr.isatty():
        yield Progress()
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeElapsedColumn, TransferSpeedColumn
    from rich.progress import Progress as Bars

    texts = TextColumn("{task.fields[drops]} drops"), TextColumn("{task.fields[step]}")
    columns = (texts[0], BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeElapsedColumn(), texts[1])
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        shown = _Shown(bars)
        thread = threading.Thread(target=shown.move, name="progress", daemon=True)
        thread.start()
        try:
            yield shown
        finally:
            shown.ended.set()
            thread.join()
