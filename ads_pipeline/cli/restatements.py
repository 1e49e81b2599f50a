"""`ads restatements`."""

from datetime import date
from decimal import Decimal
from typing import Any

import click

from ads_pipeline.cli.common import DAY, check_range, json_option, print_json, reading
from ads_pipeline.cli.completing import complete_rollups
from ads_pipeline.cli.history import change_as_dict, values
from ads_pipeline.cli.tables import echo, print_table
from ads_pipeline.days import EARLIEST_DAY, LATEST_DAY
from ads_pipeline.pipeline.amounts import less
from ads_pipeline.pipeline.closing import closed_to
from ads_pipeline.pipeline.history import Restatement, read_restatements
from ads_pipeline.pipeline.rollups import find_rollup
from ads_pipeline.warehouse.state import read_state

SHOWN, ALL = 100, 1 << 62


@click.command()
@click.argument("rollup", shell_complete=complete_rollups)
@click.option("--from", "first", type=DAY, help="First event day; default: all days.")
@click.option("--to", "last", type=DAY, help="Last event day, included.")
@json_option
def restatements(rollup: str, first: date | None, last: date | None, as_json: bool) -> None:
    """List what has changed of closed days since they were closed, by day and key.

    A row of the statement and its restatements add up to what the rollup has now.
    """
    if first and last:
        check_range(first, last)
    with reading() as (settings, warehouse):
        found, closed = find_rollup(warehouse, settings, rollup), closed_to(read_state(warehouse))
        listed = read_restatements(warehouse, found, first or EARLIEST_DAY, last or LATEST_DAY, ALL if as_json else SHOWN + 1)
    if as_json:
        print_json({"closed_to": closed, "restatements": [_as_dict(one, found.metrics) for one in listed]})
        return
    keys = found.dimensions
    rows = [
        [*one.keys.values(), f"{one.change.settled_at:%Y-%m-%d %H:%M:%S}", one.change.batch, *differences(one, found.metrics)]
        for one in listed[:SHOWN]
    ]
    more = f" (the first {SHOWN}; `--json` has all)" if len(listed) > SHOWN else ""
    print_table(
        f"restatements of {rollup}{more}", (*keys, "settled (UTC)", "batch", *found.metrics), rows, keys=(*keys, "settled (UTC)", "batch")
    )
    echo(f"closed up to {closed}" if closed else "no day is closed: see `ads close`")


def _as_dict(one: Restatement, metrics: tuple[str, ...]) -> dict[str, Any]:
    before = dict(zip(one.before, values(one.before, tuple(one.before)), strict=True))
    change = dict(zip(metrics, differences(one, metrics), strict=True))
    return {"day": one.day, "keys": one.keys, "before": before, "difference": change, **change_as_dict(one.change)}


def differences(one: Restatement, metrics: tuple[str, ...]) -> list[Any]:
    """How much each metric changed; None of one that is no number."""
    pairs = zip(values(one.before, metrics), values(one.change.totals, metrics), strict=True)
    return [None if isinstance(old, str) or isinstance(new, str) else less(new or Decimal(0), old or Decimal(0)) for old, new in pairs]
