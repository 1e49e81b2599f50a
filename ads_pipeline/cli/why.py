"""`ads why`."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import click

from ads_pipeline.cli.common import DAY, json_option, print_json, reading
from ads_pipeline.cli.completing import complete_rollups
from ads_pipeline.cli.tables import echo, print_table
from ads_pipeline.pipeline.amounts import less
from ads_pipeline.pipeline.query import parse_conditions, parse_names
from ads_pipeline.pipeline.why import Why, as_dict
from ads_pipeline.pipeline.why import why as run_why


@click.command()
@click.argument("rollup", shell_complete=complete_rollups)
@click.option("--day", type=DAY, required=True, help="Event day.")
@click.option("--where", metavar="COL=VALUE", multiple=True, help="Only rows with this value; repeat a column to allow several.")
@click.option("--metric", metavar="M,…", help="Metrics to take apart; default: all.")
@json_option
def why(rollup: str, day: date, where: tuple[str, ...], metric: str | None, as_json: bool) -> None:
    """Take a number apart: the drops and lines that it is made of, and what was left out of it.

    ads why campaign_daily --day 2026-11-01 --where campaign_id=c001 --metric cost
    """
    with reading() as (settings, warehouse):
        found = run_why(warehouse, settings, rollup, day, parse_conditions(where), parse_names(metric))
    if as_json:
        print_json(as_dict(found))
    else:
        _print(found)


def _print(found: Why) -> None:
    cell = ", ".join([str(found.day), *(f"{name} = {' or '.join(values)}" for name, values in found.where.items())])
    _print_parts(f"{found.rollup}, {cell}", found)
    if found.changed_at:
        echo(f"changed last at {found.changed_at} UTC, by {found.changed_by}")
    late = [[one.landed_day, one.days_late, one.drops, one.events, *one.values.values()] for one in found.landed if one.days_late]
    _print_more("late: events of these, by the landed day that brought them", ("landed", "days late", "drops", "events"), found, late)
    _print_corrections(found)
    repeated = [[part.drop or f"{part.drops:,} other drops", part.events, *part.values.values()] for part in found.duplicates]
    _print_more("duplicates: records left out, which would have added", ("drop", "records"), found, repeated)
    refused = [[f"{one.source}: {one.reasons}", one.lines, *one.values.values(), f"{one.first[0]}:{one.first[1]}"] for one in found.refused]
    _print_more("refused: lines in quarantine that would have added", ("reasons", "lines"), found, refused, ("first",))
    if found.unplaced:
        rows = [[reasons, lines] for reasons, lines in found.unplaced.items()]
        _print_more("refused: lines of these drops whose day cannot be read", ("reasons", "lines"), found, rows, metrics=())
    if found.accepted:
        _print_more(
            "events of the day by drop, of all cells", ("drop", "events"), found, [list(one) for one in found.accepted.items()], metrics=()
        )
    for note in found.notes:
        echo(f"note: {note}")


def _print_parts(title: str, found: Why) -> None:
    """The parts, which add up to the last row; of a union, what no other part has."""
    rows = [
        [
            part.drop or f"{part.drops:,} other drops", part.events,
            *(_adds(found, part.values, part.only, metric) for metric in found.kinds),
            ", ".join(str(line.line) for line in part.lines),
        ]
        for part in found.parts
    ]  # fmt: skip
    if any(found.shared.values()):
        rows.append(["in several of them", None, *(found.shared.get(metric) for metric in found.kinds), ""])
    if any(found.gone.values()):
        name = "raw rows expired" if found.expired else "not in raw"
        rows.append([name, None, *(found.gone.get(metric) for metric in found.kinds), ""])
    counts = [part.events for part in found.parts]
    rows.append(["total", None if None in counts else sum(count or 0 for count in counts), *found.value.values(), ""])
    print_table(title, ("part", "events", *found.kinds, "lines"), rows, keys=("part",), texts=("lines",))


def _print_corrections(found: Why) -> None:
    """Each correction by what it changed, sums only."""
    if not found.corrections.corrections:
        return
    sums = [metric for metric, kind in found.kinds.items() if kind == "sum"]
    rows = [
        [
            one.event_id, *(f"{side.drop}:{side.line}" for side in (one.before, one.after)),
            *(less(one.after.values[metric], one.before.values[metric]) for metric in sums),
        ]
        for one in found.corrections.listed
    ]  # fmt: skip
    if (more := found.corrections.corrections - len(rows)) > 0:
        rest = {metric: found.corrections.net[metric] for metric in sums}
        for row in rows:
            rest = {metric: less(rest[metric], row[3 + place]) for place, metric in enumerate(sums)}
        rows.append([f"{more:,} more", "", "", *rest.values()])
    title = f"corrections: {found.corrections.events:,} events; what each changed here"
    _print_more(title, ("event", "before", "after"), found, rows, metrics=sums)


def _adds(found: Why, values: Mapping[str, Any], only: Mapping[str, Any], metric: str) -> Any:
    return only.get(metric) if found.kinds[metric] == "union" else values[metric]


def _print_more(
    title: str,
    columns: Sequence[str],
    found: Why,
    rows: Sequence[Sequence[Any]],
    texts: Sequence[str] = (),
    metrics: Sequence[str] | None = None,
) -> None:
    if rows:
        echo()
        names = tuple(found.kinds) if metrics is None else tuple(metrics)
        print_table(title, (*columns, *names, *texts), rows, keys=columns[:1], texts=texts)
