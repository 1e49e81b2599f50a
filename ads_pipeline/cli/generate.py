"""`ads generate`."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path

import click

from ads_pipeline.cli.common import DAY, json_option, print_json

PERCENT = click.FloatRange(0, 50)


@click.command()
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write to; serves as a landing folder."
)
@click.option("--events", type=click.IntRange(min=1), required=True, help="Distinct valid events.")
@click.option("--days", type=click.IntRange(min=1), default=7, show_default=True, help="Event days, up to --end.")
@click.option("--drops", type=click.IntRange(min=1), default=40, show_default=True, help="Files.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="The same seed writes the same bytes.")
@click.option("--duplicates", type=PERCENT, default=0, help="Percent of lines that repeat an event.")
@click.option("--corrections", type=PERCENT, default=0, help="Percent of lines that correct an event.")
@click.option("--malformed", type=PERCENT, default=0, help="Percent of lines that the contract refuses.")
@click.option("--late", type=PERCENT, default=0, help="Percent of events that land one to three days late.")
@click.option("--end", type=DAY, help="Last event day; default today (UTC).")
@click.option("--truth", type=click.Path(dir_okay=False, path_type=Path), help="Write the exact totals of every rollup row here.")
@json_option
def generate(
    out: Path, events: int, days: int, drops: int, seed: int, duplicates: float, corrections: float, malformed: float, late: float,
    end: date | None, truth: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Write deterministic, realistic drops, and their exact totals if you like.

    The totals are added up apart from the pipeline, so that they can be compared with what it makes of the drops.
    """
    from ads_pipeline.generate import generate as run_generate

    end = end or datetime.now(UTC).date()
    with _bar(events) as advance:
        summary = run_generate(
            out, truth=truth, progress=advance, events=events, days=days, drops=drops, seed=seed, duplicates=duplicates,
            corrections=corrections, malformed=malformed, late=late, end=end,
        )  # fmt: skip
    if as_json:
        print_json(asdict(summary))
    else:
        click.echo(f"{summary.drops} drops, {summary.lines} lines, {summary.bytes} bytes in {out} ({summary.seconds:.1f} s)")


@contextmanager
def _bar(events: int) -> Iterator[Callable[[int], None] | None]:
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=events, label="events", file=sys.stderr) as bar:
        yield bar.update
