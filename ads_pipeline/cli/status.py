"""`ads status`."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

import click

from ads_pipeline.cli.common import json_option, print_json, reading
from ads_pipeline.cli.tables import echo, print_table, print_verdict
from ads_pipeline.days import today, utc_now
from ads_pipeline.pipeline.status import read_status
from ads_pipeline.pipeline.waiting import MOST
from ads_pipeline.settings import Settings

UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


@click.command()
@click.option("--tables", is_flag=True, help="Show drops by status and the size of each table, too.")
@json_option
def status(tables: bool, as_json: bool) -> None:
    """Show how fresh the data is, which drops wait or failed, and what to do next."""
    with reading() as (settings, warehouse):
        found = read_status(warehouse, settings)
    if as_json:
        print_json(found)
        return
    for name, text in describe(found, settings).items():
        echo(f"{name:11} {text}")
    steps = list(next_steps(found))
    echo()
    for word, step in steps:
        print_verdict(word, "red" if word == "do" else "yellow", step)
    if not steps:
        print_verdict("done", "green", "nothing to do: every drop that has landed is loaded")
    for title in ("drops", "tables") if tables else ():
        echo()
        columns = list(found[title][0]) if found[title] else []
        print_table(title, columns, [list(row.values()) for row in found[title]], keys=columns[:1])


def describe(found: Mapping[str, Any], settings: Settings) -> dict[str, str]:
    """What is there, in words."""
    now = utc_now()
    counts = {row["status"]: row["drops"] for row in found["drops"]}
    waiting = found["waiting"]
    drops = [f"{count:,} {name}" for name, count in counts.items()]
    if waiting["drops"]:
        drops.append(f"{_count(waiting['drops'])} waiting, the oldest landed {ago(waiting['oldest'], now)}")
    newest: date | None = found["newest_day"]
    days = "none yet" if newest is None else f"{found['oldest_day']} to {newest}{_behind((today(settings.timezone, now) - newest).days)}"
    loaded = (
        "nothing yet"
        if found["last_loaded"] is None
        else f"{ago(found['last_loaded'], now)}; newest drop landed {ago(found['newest_drop'], now)}"
    )
    return {
        "event days": days,
        "loaded": loaded,
        "drops": ", ".join(drops) or "none",
        "quarantine": f"{found['quarantined']:,} records held" if found["quarantined"] else "empty",
        "checks": f"failed when they ran last: {', '.join(found['failing_checks'])}"
        if found["failing_checks"]
        else "none is known to fail",
    }


def next_steps(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What to do, each with how it stands: `do` for what stops the data, `see` for the rest."""
    counts = {row["status"]: row["drops"] for row in found["drops"]}
    if found["waiting"]["error"]:
        yield "do", f"the landing store cannot be listed: {found['waiting']['error']}"
    if found["waiting"]["drops"]:
        yield "do", f"`ads ingest` loads {_drops(found['waiting']['drops'])} that {_wait(found['waiting']['drops'])}"
    if failed := counts.get("failed", 0):
        yield "do", f"`ads drops list --status failed` says why {_drops(failed)} failed; then fix, `ads drops retry` or `ads drops dismiss`"
    if found["doubtful_days"]:
        yield "do", f"`ads ingest` settles {', '.join(map(str, found['doubtful_days'][:5]))}, which readers do not see until then"
    if found["unsettled_days"]:
        yield "do", f"`ads check settled` says what {found['unsettled_days']} unsettled days lack; `ads ingest` settles what it can"
    if found["overdue_retention"]:
        yield "do", f"`ads retention` drops {len(found['overdue_retention'])} days that are past retention"
    if others := [
        name for name in found["failing_checks"] if name not in ("events.no_failed_drop", "events.settled", "events.drops_waiting")
    ]:
        yield "see", f"`ads check {others[0]}` says why it fails"
    if found["quarantined"]:
        yield "see", "`ads quarantine list` says why records were refused"


def ago(moment: datetime, now: datetime) -> str:
    """How long ago a moment of the engine was."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    seconds = max(1, int((now - aware).total_seconds()))
    size, unit = next((size, unit) for size, unit in UNITS if seconds >= size)
    count = seconds // size
    return f"{count} {unit}{'s' * (count != 1)} ago"


def _behind(days: int) -> str:
    return {0: " (today, so far)", 1: " (yesterday)"}.get(days, f" ({days} days ago)" if days > 0 else " (ahead of today)")


def _count(drops: int) -> str:
    return f"{MOST:,} or more" if drops >= MOST else f"{drops:,}"


def _drops(count: int) -> str:
    return f"{_count(count)} {'drop' if count == 1 else 'drops'}"


def _wait(count: int) -> str:
    return "waits" if count == 1 else "wait"
