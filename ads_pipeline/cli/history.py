"""`ads history`."""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import click

from ads_pipeline.cli.common import DAY, json_option, print_json, reading
from ads_pipeline.cli.completing import complete_rollups
from ads_pipeline.cli.tables import echo, print_table
from ads_pipeline.pipeline.history import Change, Totals, read_history
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
        metrics = find_rollup(warehouse, settings, rollup).metrics
        changes = read_history(warehouse, rollup, day)
    if as_json:
        print_json([change_as_dict(change) for change in changes])
        return
    rows = [[f"{one.settled_at:%Y-%m-%d %H:%M:%S}", one.batch, *values(one.totals, metrics), ", ".join(one.drops)] for one in changes]
    print_table(f"{rollup}, {day}", ("settled (UTC)", "batch", *metrics, "drops"), rows, keys=("settled (UTC)", "batch"), texts=("drops",))
    if not changes:
        echo("no change of this day is known: it has no events, or was settled by a release that kept no history")


def change_as_dict(change: Change) -> dict[str, Any]:
    """A change in types of JSON."""
    totals = dict(zip(change.totals, values(change.totals, tuple(change.totals)), strict=True))
    return {"settled_at": change.settled_at, "batch": change.batch, "drops": change.drops, "totals": totals}


def values(totals: Totals, metrics: tuple[str, ...]) -> list[Any]:
    """Totals as numbers, texts where they are none; of no events, nothing."""
    return [_value(totals[metric]) if metric in totals else None for metric in metrics]


def _value(text: str) -> Any:
    try:
        return Decimal(text)
    except InvalidOperation:
        return text
