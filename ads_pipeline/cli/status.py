"""`ads status`."""

import click

from ads_pipeline.cli.common import json_option, print_json, reading
from ads_pipeline.cli.tables import echo, print_table
from ads_pipeline.pipeline.status import read_status


@click.command()
@json_option
def status(as_json: bool) -> None:
    """Show freshness, drops by status, sizes, oldest and newest day, and overdue retention."""
    with reading() as (settings, warehouse):
        found = read_status(warehouse, settings)
    if as_json:
        print_json(found)
        return
    for name in ("last_loaded", "newest_drop", "oldest_day", "newest_day", "quarantined", "unsettled_days"):
        echo(f"{name.replace('_', ' '):16} {'-' if found[name] is None else found[name]}")
    echo(f"{'left out':16} {', '.join(map(str, found['doubtful_days'])) or '-'}")
    echo(f"{'overdue days':16} {len(found['overdue_retention'])}")
    for title in ("drops", "tables"):
        columns = list(found[title][0]) if found[title] else []
        print_table(title, columns, [list(row.values()) for row in found[title]], keys=columns[:1])
