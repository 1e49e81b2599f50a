"""`ads history`."""

from datetime import date

import click

from ads_pipeline.cli.common import DAY, json_option, print_json, reading
from ads_pipeline.cli.completing import complete_rollups
from ads_pipeline.cli.tables import echo, print_table
from ads_pipeline.pipeline.closing import closed_to
from ads_pipeline.pipeline.history import Change, history_as_dict, numbers, read_history
from ads_pipeline.pipeline.rollups import find_rollup


@click.command()
@click.argument("rollup", shell_complete=complete_rollups)
@click.option("--day", type=DAY, required=True, help="Event day.")
@json_option
def history(rollup: str, day: date, as_json: bool) -> None:
    """Show what a day came to when it was first settled and at each change since, and which batch changed it.

    ads history campaign_daily --day 2026-11-01
    """
    with reading() as (settings, warehouse):
        metrics, closed = find_rollup(warehouse, settings, rollup).metrics, closed_to(warehouse)
        changes = read_history(warehouse, rollup, day)
    if as_json:
        print_json(history_as_dict(rollup, day, closed, changes))
        return
    rows = [
        [f"{one.settled_at:%Y-%m-%d %H:%M:%S}", _what(one), *numbers(one.totals, metrics).values(), ", ".join(one.drops)] for one in changes
    ]
    print_table(f"{rollup}, {day}", ("settled (UTC)", "batch", *metrics, "drops"), rows, keys=("settled (UTC)", "batch"), texts=("drops",))
    if not changes:
        echo("no change of this day is known: it has no events, or was settled by a release that kept no history")
    if closed and day <= closed:
        echo(f"the day is closed: `ads restatements {rollup} --from {day} --to {day}` lists what has changed since, by key")


def _what(change: Change) -> str:
    return change.batch if change.kind == "change" else change.kind
