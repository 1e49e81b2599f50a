"""A progress bar (bytes and drops), on a terminal only."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ads_pipeline.pipeline.ingest import Progress


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """A progress that draws a bar on standard error when that is a terminal."""
    if not sys.stderr.isatty():
        yield Progress()
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bars

    bars = Bars(
        TextColumn("{task.fields[drops]} drops"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )

    class Shown(Progress):
        def __init__(self) -> None:
            self.task = bars.add_task("ingest", total=0, drops=0)
            self.drops = 0

        def begin(self, drops: int, size: int) -> None:
            bars.update(self.task, total=size, drops=f"0 of {drops}")
            self.total = drops

        def advance(self, size: int, drops: int) -> None:
            self.drops += drops
            bars.update(self.task, advance=size, drops=f"{self.drops} of {self.total}")

    with bars:
        yield Shown()
