"""`ads doctor`."""

from dataclasses import asdict

import click

from ads_pipeline.cli.common import json_option, print_json, settings
from ads_pipeline.cli.tables import print_verdict
from ads_pipeline.pipeline.changes import migrate, plan_structure
from ads_pipeline.pipeline.inventory import take_inventory
from ads_pipeline.pipeline.status import examine
from ads_pipeline.warehouse.opening import open_warehouse


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Check the engine, the settings that correctness depends on, the landing store, clock and time zone.

    Exit code 1 if something is wrong.
    """
    loaded = settings()
    with open_warehouse(loaded, write=loaded.is_embedded) as warehouse:
        if warehouse.writes:
            inventory = take_inventory(warehouse)
            migrate(warehouse, loaded, inventory, plan_structure(warehouse, inventory))
        findings = examine(warehouse, loaded)
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            word, color = ("ok", "green") if finding.ok else ("!!", "red")
            print_verdict(word, color, f"{finding.name:10} {finding.text}")
    if not all(finding.ok for finding in findings):
        raise SystemExit(1)
