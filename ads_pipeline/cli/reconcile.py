"""`ads reconcile`."""

import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from ads_pipeline.cli.common import json_option, print_json, reading
from ads_pipeline.cli.tables import echo, print_table, print_verdict
from ads_pipeline.errors import AdsError
from ads_pipeline.pipeline.query import parse_conditions
from ads_pipeline.pipeline.reconcile import Difference, Reconciliation, parse_tolerances
from ads_pipeline.pipeline.reconcile import reconcile as run_reconcile

SHOWN = 20
"""How many differences a table has, unless `--limit` says otherwise."""

NOT_COMPARED = 2
"""The exit code where nothing could be compared; 1 is a difference."""


@click.command()
@click.argument("rollup")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--map",
    "maps",
    metavar="NAME=COLUMN",
    multiple=True,
    help="The file's column for `day`, a dimension or a metric; equal names need none.",
)
@click.option(
    "--tolerance",
    "allowed",
    metavar="[METRIC=]N[%]",
    multiple=True,
    help="What may differ by day and key: 0.5% of theirs, or cost=0.01; default: nothing.",
)
@click.option(
    "--where", metavar="COL=VALUE", multiple=True, help="Only rows of the rollup with this value; repeat a column to allow several."
)
@click.option("--day-first/--month-first", default=None, help="What 01/02/2026 means, where the file does not tell.")
@click.option("--limit", type=click.IntRange(min=1), help=f"Maximum number of differences; default: {SHOWN} in a table, all in JSON.")
@json_option
def reconcile(
    rollup: str, file: Path, maps: tuple[str, ...], allowed: tuple[str, ...], where: tuple[str, ...], day_first: bool | None,
    limit: int | None, as_json: bool,
) -> None:  # fmt: skip
    """Compare a platform's own totals (a report by day and, for example, campaign) with a rollup, and explain what differs.

    Exit code 0: all days and keys are within the tolerance; 1: some are not; 2: they could not be compared.

    ads reconcile campaign_daily google.csv --map campaign_id="Campaign ID" --map impressions=Impr. --tolerance 0.5%
    """
    try:
        with reading() as (settings, warehouse):
            found = run_reconcile(
                warehouse, settings, rollup, file, maps, parse_tolerances(allowed),
                where=parse_conditions(where), day_first=day_first, limit=limit or (None if as_json else SHOWN),
            )  # fmt: skip
    except AdsError as error:
        error.exit_code = NOT_COMPARED
        raise
    if as_json:
        print_json(_as_dict(found, file))
    else:
        _print(found, file)
    sys.exit(1 if found.beyond else 0)


def _print(found: Reconciliation, file: Path) -> None:
    """Totals, the days and keys beyond the tolerance, what was left out, and the verdict."""
    rows = [[total.metric, total.theirs, total.ours, total.difference, total.percent] for total in found.totals]
    title = f"{file.name} and {found.rollup}, {found.first} to {found.last}"
    print_table(title, ("metric", "theirs", "ours", "difference", "%"), rows, keys=("metric",))
    shown = [one for one in found.differences if one.beyond]
    if shown:
        echo()
        _print_differences(found, shown)
    if found.notes:
        echo()
    for note in found.notes:
        echo(f"note: {note}")
    echo()
    _print_verdict(found)


def _print_verdict(found: Reconciliation) -> None:
    within = found.differing - found.beyond
    if found.beyond:
        rest = f"; {within:,} more differ within it" if within else ""
        print_verdict("differs", "red", f"{found.beyond:,} of {_counted(found.compared)} beyond the tolerance{rest}")
    else:
        rest = f", {within:,} of them not equal" if within else ""
        print_verdict("agrees", "green", f"{_counted(found.compared)} within the tolerance{rest}")


def _counted(count: int) -> str:
    return f"{count:,} day and key" if count == 1 else f"{count:,} days and keys"


def _print_differences(found: Reconciliation, shown: list[Difference]) -> None:
    keys, metrics = list(found.reading.columns.keys), list(found.reading.columns.metrics)
    columns = ["day", *keys, *metrics, "explanation"]
    rows = [[one.day, *one.keys.values(), *one.differences.values(), "; ".join(one.explanations)] for one in shown]
    left = f" (the {len(shown):,} largest; `--limit` shows more)" if len(shown) < found.beyond else ""
    print_table(f"ours less theirs{left}", columns, rows, keys=("day", *keys), texts=("explanation",))


def _as_dict(found: Reconciliation, file: Path) -> dict[str, Any]:
    columns = found.reading.columns
    return {
        "rollup": found.rollup,
        "file": str(file),
        "from": found.first,
        "to": found.last,
        "columns": {"event_date": columns.day, **columns.keys, **columns.metrics},
        "agrees": not found.beyond,
        "rows": found.reading.rows,
        "compared": found.compared,
        "differing": found.differing,
        "beyond": found.beyond,
        "totals": [
            {
                "metric": total.metric,
                **_texts({"theirs": total.theirs, "ours": total.ours, "difference": total.difference, "percent": total.percent}),
            }
            for total in found.totals
        ],
        "differences": [_difference(one) for one in found.differences],
        "notes": found.notes,
    }


def _difference(one: Difference) -> dict[str, Any]:
    return {
        "event_date": one.day,
        "keys": one.keys,
        "only_in": one.only_in or None,
        "line": one.line or None,
        "beyond": one.beyond,
        "theirs": _texts(one.theirs),
        "ours": _texts(one.ours),
        "difference": _texts(one.differences),
        "explanations": one.explanations,
    }


def _texts(amounts: Mapping[str, Decimal | None]) -> dict[str, str | None]:
    """Amounts as texts with all their digits and no more."""
    return {name: None if amount is None else _plain(amount) for name, amount in amounts.items()}


def _plain(amount: Decimal) -> str:
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
