"""`ads close`."""

from datetime import date

import click

from ads_pipeline.cli.common import DAY, json_option, print_json, running
from ads_pipeline.cli.tables import echo
from ads_pipeline.pipeline.closing import close_days


@click.command()
@click.option("--to", "last", type=DAY, required=True, help="Last day, included.")
@json_option
def close(last: date, as_json: bool) -> None:
    """Close days: their rows are kept as the statement, and whatever changes later is a restatement.

    Events that come late still count, at once: `ads restatements` lists what they changed.
    """
    with running() as (_, run):
        before = close_days(run, last)
    closed = max(last, before or last)
    if as_json:
        print_json({"closed_to": closed, "closed_before": before})
    else:
        echo(f"days are closed up to {closed}" + (f" (up to {before} before)" if before else ""))
