"""`ads generate`."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from ads_pipeline.cli.common import DAY, json_option, print_json, settings
from ads_pipeline.cli.tables import echo

PERCENT = click.FloatRange(0, 50)


@click.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder to write to; serves as a landing folder.")
@click.option("--post", "url", metavar="URL", help="Send to this landing service instead, for example http://127.0.0.1:8000.")
@click.option("--batch", type=click.IntRange(1, 100_000), default=500, show_default=True, help="Lines per request, with --post.")
@click.option("--concurrency", type=click.IntRange(1, 64), default=4, show_default=True, help="Concurrent requests, with --post.")
@click.option("--events", type=click.IntRange(min=1), required=True, help="Distinct valid events.")
@click.option("--days", type=click.IntRange(min=1), default=7, show_default=True, help="Event days, up to --end.")
@click.option("--drops", type=click.IntRange(min=1), default=40, show_default=True, help="Files.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="The same seed writes the same bytes.")
@click.option("--duplicates", type=PERCENT, default=0, help="Percent of lines that repeat an event.")
@click.option("--corrections", type=PERCENT, default=0, help="Percent of lines that correct an event.")
@click.option("--malformed", type=PERCENT, default=0, help="Percent of lines that the contract refuses.")
@click.option("--late", type=PERCENT, default=0, help="Percent of events that land one to three days late.")
@click.option("--quantities", type=PERCENT, default=0, help="Percent of events that stand for 2 to 1,000 events.")
@click.option("--refunds", type=PERCENT, default=0, help="Percent of events that take money back.")
@click.option("--end", type=DAY, help="Last event day; default today (UTC).")
@click.option("--truth", type=click.Path(dir_okay=False, path_type=Path), help="Write the exact totals of every rollup row here.")
@json_option
def generate(
    out: Path | None, url: str | None, batch: int, concurrency: int, end: date | None, truth: Path | None, as_json: bool, **shape: Any
) -> None:
    """Write deterministic, realistic drops, and optionally their exact totals; or send the same lines to a landing service.

    The totals are computed independently of the pipeline, so that they can be compared with its rollups. With --post the API key is
    ADS_LANDING_TOKEN; a request that gets no answer is sent again with its idempotency key.
    """
    from ads_pipeline.generate import generate as run_generate
    from ads_pipeline.generate import generate_lines

    if (out is None) == (url is None):
        raise click.UsageError("give either --out DIR or --post URL")
    plan = {**shape, "end": end or datetime.now(UTC).date()}
    with _bar(plan["events"]) as advance:
        if out:
            summary = run_generate(out, truth=truth, progress=advance, **plan)
        else:
            from ads_pipeline.landing.poster import Poster

            with Poster(url or "", settings().landing_token.get_secret_value(), concurrency) as poster:
                summary = generate_lines(poster.post, size=batch, truth=truth, progress=advance, **plan)
    if as_json:
        print_json(asdict(summary))
    else:
        echo(f"{summary.drops} drops, {summary.lines} lines, {summary.bytes} bytes in {out or url} ({summary.seconds:.1f} s)")


@contextmanager
def _bar(events: int) -> Iterator[Callable[[int], None] | None]:
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=events, label="events", file=sys.stderr) as bar:
        yield bar.update
