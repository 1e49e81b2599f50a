"""`ads ingest`."""

import click

from ads_pipeline.cli.common import interruptible, json_option, print_json, running, settings
from ads_pipeline.cli.progress import shown_progress
from ads_pipeline.cli.tables import echo
from ads_pipeline.errors import UsageError
from ads_pipeline.landing import open_store
from ads_pipeline.pipeline.apart import remedy_of
from ads_pipeline.pipeline.ingest import Report
from ads_pipeline.pipeline.ingest import ingest as run_ingest
from ads_pipeline.pipeline.watching import watch as watch_store


@click.command()
@click.option("--source", help="Only drops of this source.")
@click.option("--limit", type=click.IntRange(min=1), help="Maximum number of drops.")
@click.option("--whole", is_flag=True, help="List the landing store whole now, whenever it last was.")
@click.option("--watch", is_flag=True, help="Keep running, and load what lands as it lands. Ctrl-C stops it.")
@json_option
def ingest(source: str | None, limit: int | None, whole: bool, watch: bool, as_json: bool) -> None:
    """Load the drops that have landed and are not in the ledger.

    Run it as often as you like: what is loaded stays as it is, and what a killed run left behind is settled first. Exit code 1 if a
    drop could not be read; `ads drops list --status failed` shows why.
    """
    if watch:
        if limit or whole:
            raise UsageError("--watch loads all that lands: leave --limit and --whole out")
        _watch(source, as_json)
        return
    with running() as (loaded, run), shown_progress() as progress:
        report = run_ingest(run, open_store(loaded), source=source, limit=limit, whole=whole, progress=progress)
    print_report(report, as_json)


def _watch(source: str | None, as_json: bool) -> None:
    loaded = settings()
    with interruptible():
        for report in watch_store(loaded, source=source):
            if report.batches:
                show_report(report, as_json)


def print_report(report: Report, as_json: bool) -> None:
    """Print what a run did, and exit with code 1 if a drop failed."""
    show_report(report, as_json)
    if report.failed_drops:
        raise SystemExit(1)


def show_report(report: Report, as_json: bool) -> None:
    """Print what a run did."""
    if as_json:
        print_json(report.as_dict())
    else:
        echo(f"{report.drops} drops, {report.counts} ({report.seconds:.1f} s)")
        if report.listed_from:
            echo(f"listed: folders of days from {report.listed_from} on, and what is known to have changed; `ads ingest --whole` lists all")
    for name, error in report.errors.items():
        echo(f"failed: {name}: {error}", err=True)
    for name, hint in report.hints.items():
        echo(f"hint: {name}: {hint}", err=True)
    for name, reason in report.apart.items():
        echo(f"rollup {name} is set apart, the others are exact: {reason}; {remedy_of(name)}", err=True)
