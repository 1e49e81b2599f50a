"""`ads restatements`."""

from datetime import date
from typing import Any

import click

from ads_pipeline.cli.common import DAY, check_range, json_option, print_json, reading
from ads_pipeline.cli.completing import complete_rollups
from ads_pipeline.cli.tables import echo, print_table
from ads_pipeline.days import EARLIEST_DAY, LATEST_DAY
from ads_pipeline.pipeline.closing import closed_to
from ads_pipeline.pipeline.history import Restatement, differences, read_restatements, restatements_as_dict
from ads_pipeline.pipeline.query import parse_conditions
from ads_pipeline.pipeline.rollups import Rollup, find_rollup

SHOWN, ALL = 100, 1 << 62


@click.command()
@click.argument("rollup", shell_complete=complete_rollups)
@click.option("--from", "first", type=DAY, help="First event day; default: all days.")
@click.option("--to", "last", type=DAY, help="Last event day, included.")
@click.option("--where", metavar="COL=VALUE", multiple=True, help="Only rows with this value; repeat a column to allow several.")
@json_option
def restatements(rollup: str, first: date | None, last: date | None, where: tuple[str, ...], as_json: bool) -> None:
    """List what has changed of closed days since they were closed, by day and key.

    A row of the statement and its restatements add up to what the rollup has now. They are held until `ads restate` applies them.
    """
    if first and last:
        check_range(first, last)
    with reading() as (settings, warehouse):
        found, closed = find_rollup(warehouse, settings, rollup), closed_to(warehouse)
        most = ALL if as_json else SHOWN + 1
        listed = read_restatements(warehouse, found, first or EARLIEST_DAY, last or LATEST_DAY, most, parse_conditions(where))
    if as_json:
        print_json(restatements_as_dict(closed, listed, found.metrics))
        return
    keys = (*found.dimensions, "settled (UTC)", "batch", "state")
    rows = [
        [*one.keys.values(), f"{one.change.settled_at:%Y-%m-%d %H:%M:%S}", one.change.batch, _state(one), *_differences(one, found)]
        for one in listed[:SHOWN]
    ]
    more = f" (the first {SHOWN}; `--json` has all)" if len(listed) > SHOWN else ""
    print_table(f"restatements of {rollup}{more}", (*keys, *found.metrics), rows, keys=keys)
    echo(f"closed up to {closed}" if closed else "no day is closed: see `ads close`")


def _state(one: Restatement) -> str:
    return "applied" if one.is_applied else "held"


def _differences(one: Restatement, rollup: Rollup) -> list[Any]:
    return list(differences(one, rollup.metrics).values())
