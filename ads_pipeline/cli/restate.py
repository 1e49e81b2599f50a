"""`ads restate`."""

from datetime import date

import click

from ads_pipeline.cli.common import check_range, json_option, print_json, range_options, running
from ads_pipeline.cli.tables import echo
from ads_pipeline.pipeline.closing import restate_days
from ads_pipeline.pipeline.rebuild import span


@click.command()
@range_options
@json_option
def restate(first: date, last: date, as_json: bool) -> None:
    """Apply the restatements of closed days: what all rollups have now becomes the statement of these days.

    Until then they are held: `ads query --as-stated` shows closed days as they were stated last.
    """
    check_range(first, last)
    with running() as (_, run):
        stated = restate_days(run, first, last)
    if as_json:
        print_json(stated)
        return
    for rollup, days in stated.items():
        echo(f"{rollup}: stated anew {span(days)}")
    if not stated:
        echo("nothing is held of these days")
