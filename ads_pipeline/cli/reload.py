"""`ads reload`."""

from datetime import date

import click

from ads_pipeline.cli.common import check_range, json_option, range_options, running
from ads_pipeline.cli.ingest import print_report
from ads_pipeline.cli.progress import shown_progress
from ads_pipeline.landing import open_store
from ads_pipeline.pipeline.ingest import reload as run_reload


@click.command()
@range_options
@click.option("--source", help="Only drops of this source.")
@json_option
def reload(first: date, last: date, source: str | None, as_json: bool) -> None:
    """Load again the drops that landed on these days, after a changed source or lost rows.

    Nothing counts twice: rows that are already there stay as they are.
    """
    check_range(first, last)
    with running() as (settings, run), shown_progress() as progress:
        report = run_reload(run, open_store(settings), first, last, source=source, progress=progress)
    print_report(report, as_json)
