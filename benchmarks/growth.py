"""What grows with the size of a drop, with what raw holds, with days and with corrections; on chDB."""

import gzip
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from benchmarks.inputs import WORK, make_drop
from benchmarks.measure import ADS, Run, fresh_home, run
from benchmarks.report import Goal, Plot, Result, today

SIZES = (200_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000, 20_000_000)
DAYS = (1, 7, 30, 90, 400)
MANY_DAYS = 400


def sizes(_: int) -> Result:
    """Of one drop, and of what raw holds when one event more comes."""
    rows, memory = list[list[int | float]](), 0.0
    for events in SIZES:
        drop = make_drop(f"{events}-0", events)
        expert = run([sys.executable, "-m", "benchmarks.bare", "expert", "file", str(drop)], fresh_home(WORK / "bare"))
        home = fresh_home(WORK / "ours", drop)
        ours = run([ADS, "ingest"], home)
        one = _then(home, "one", [_event("one more", today(), "0.5")])
        rows.append([events, round(ours.seconds, 1), round(expert.seconds, 1), round(ours.peak), round(expert.peak), round(one.seconds, 1)])
        if events == 10_000_000:
            memory = ours.peak / 1024
    text = (
        "One gzip NDJSON drop of so many events of seven days, `ads ingest` beside the expert's insert of the same file; then one event "
        "more, of a day that has a seventh of them. One run each."
    )
    goals = [Goal("peak memory of a drop of 10 million events, GiB", memory, 2.0, at_most=True)]
    columns = ("events", "ads ingest, s", "expert's insert, s", "ads ingest, MiB", "expert's insert, MiB", "one event more, s")
    return Result("By the size of a drop", text, columns, rows, goals, Plot("events", columns[1:3]))


def days(_: int) -> Result:
    """Of the same number of events over more and more days."""
    events = 1_000_000
    rows = []
    for count in DAYS:
        drop = make_drop(f"{events}-{count}-days", events, days=count)
        variables = {"ADS_RETENTION_DAYS": "3650"}
        taken = run([ADS, "ingest"], fresh_home(WORK / "ours", drop, variables), variables)
        rows.append([count, round(taken.seconds, 1), round(taken.cpu, 1), round(taken.peak)])
    text = f"{events:,} events in one drop, over so many event days: each day is a partition of raw and of each rollup. One run each."
    return Result("By the days of a drop", text, ("days", "seconds", "CPU s", "peak MiB"), rows)


def corrections(_: int) -> Result:
    """Of one event on each of 400 days."""
    variables = {"ADS_RETENTION_DAYS": "3650"}
    drop = make_drop(f"{MANY_DAYS}00-{MANY_DAYS}-days", MANY_DAYS * 100, days=MANY_DAYS)
    home = fresh_home(WORK / "ours", drop, variables)
    run([ADS, "ingest"], home, variables)
    steps = {
        "one new event on each day": _of_each_day("new", "0.5"),
        "a correction of the cost of each": _of_each_day("new", "0.7"),
        "the same lines again": _of_each_day("new", "0.7"),
    }
    found = {name: _then(home, f"step-{number}", lines, variables) for number, (name, lines) in enumerate(steps.items())}
    rows = [[name, round(each.seconds, 1), round(each.cpu, 1)] for name, each in found.items()]
    first, second, *_rest = found.values()
    text = f"{MANY_DAYS} events, one on each of {MANY_DAYS} days that hold 100 others each, in one drop. One run each."
    goals = [Goal(f"corrections on {MANY_DAYS} days, times the load of as many events", second.seconds / first.seconds, 3.0, at_most=True)]
    return Result("Corrections on many days", text, ("drop", "seconds", "CPU s"), rows, goals)


def _event(name: str, day: object, cost: str) -> str:
    moment = datetime.combine(day, time(0, 0, 1), UTC).isoformat()  # type: ignore[arg-type]
    event = {"event_id": name, "event_time": moment, "event_type": "impression", "campaign_id": "c001"}
    return json.dumps(event | {"cost": float(cost)})


def _of_each_day(name: str, cost: str) -> list[str]:
    return [_event(f"{name}-{number}", today() - timedelta(days=number), cost) for number in range(MANY_DAYS)]


def _then(home: Path, name: str, lines: Sequence[str], variables: dict[str, str] | None = None) -> Run:
    """An ingest of one drop more."""
    with gzip.open(home / "landing" / "events" / f"{name}.ndjson.gz", "wt") as file:
        file.writelines(f"{line}\n" for line in lines)
    return run([ADS, "ingest"], home, variables)
