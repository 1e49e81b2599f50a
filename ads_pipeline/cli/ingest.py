"""`ads ingest`."""

import click

from ads_pipeline.cli.common import json_option, print_json, running
from ads_pipeline.cli.progress import shown_progress
from ads_pipeline.cli.tables import echo
from ads_pipeline.landing import open_store
from ads_pipeline.pipeline.apart import remedy_of
from ads_pipeline.pipeline.ingest import Report
from ads_pipeline.pipeline.ingest import ingest as run_ingest


@click.command()
@click.option("--source", help="Only drops of this source.")
@click.option("--limit", type=click.IntRange(min=1), help="Maximum number of drops.")
@click.option("--whole", is_flag=True, help="List the landing store whole now, whenever it last was.")
@json_option
def ingest(source: str | None, limit: int | None, whole: bool, as_json: bool) -> None:
    """Load the drops that have landed and are not in the ledger.

    Run it as often as you like: what is loaded stays as it is, and what a killed run left behind is settled first. Exit code 1 if a
    drop could not be read; `ads drops list --status failed` shows why.
    """
    with running() as (settings, run), shown_progress() as progress:
        report = run_ingest(run, open_store(settings), source=source, limit=limit, whole=whole, progress=progress)
    print_report(report, as_json)


def print_report(report: Report, as_json: bool) -> None:
    """Print what a run did, and exit with code 1 if a drop failed."""
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
    if report.failed_drops:
        raise SystemExit(1)
