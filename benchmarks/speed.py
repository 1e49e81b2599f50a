"""`ads ingest` beside bare inserts of the same file into the same tables, whole process beside whole process."""

import gzip
import json
import os
import subprocess
import sys
from collections import defaultdict
from itertools import islice
from pathlib import Path
from statistics import median

from benchmarks.inputs import WORK, make_drop
from benchmarks.measure import ADS, Run, environment, fresh_home, run
from benchmarks.report import Goal, Result

EVENTS = 2_000_000

WAYS = ("ads ingest", "default insert", "expert's insert")


def beside_inserts(drop: Path) -> tuple[Run, Run, Run]:
    """One round: `ads ingest` of a drop, the bare insert of the same file under default settings, and under those of an expert."""
    ours = run([ADS, "ingest"], fresh_home(WORK / "ours", drop))
    default, expert = (
        run([sys.executable, "-m", "benchmarks.bare", *kind, "file", str(drop)], fresh_home(WORK / "bare")) for kind in ([], ["expert"])
    )
    return ours, default, expert


def speed(runs: int) -> Result:
    """Of 2 million events without and with duplicates."""
    rows, goals = list[list[str | float]](), list[Goal]()
    for title, duplicates, rate, cpu in (("no duplicates", 0, 0.8, 1.3), ("10 % duplicates", 10, 0.6, 2.6)):
        lines = EVENTS * (100 + duplicates) // 100
        rounds = [beside_inserts(make_drop(f"{EVENTS}-{duplicates}", EVENTS, duplicates=duplicates)) for _ in range(runs)]
        for name, found in zip(WAYS, zip(*rounds, strict=True), strict=True):
            seconds = median(each.seconds for each in found)
            used, peak = median(each.cpu for each in found), median(each.peak for each in found)
            rows.append([title, name, round(lines / seconds), round(seconds, 1), round(used, 1), round(peak)])
        goals += [
            Goal(f"{title}: rows a second beside the expert's insert", median(e.seconds / o.seconds for o, _, e in rounds), rate),
            Goal(f"{title}: CPU seconds beside the expert's insert", median(o.cpu / e.cpu for o, _, e in rounds), cpu, at_most=True),
            Goal(f"{title}: rows a second beside the default insert", median(d.seconds / o.seconds for o, d, _ in rounds), 1.0),
        ]
    text = (
        f"2 million events of seven days in one gzip NDJSON file, on chDB; medians of {runs} rounds, each way once a round. The bare "
        "insert (`benchmarks/bare_file.sql`) is what somebody writes who needs neither deduplication nor corrections, quarantine or "
        "recovery; the expert's is the same under the settings of `benchmarks/expert.sql`."
    )
    return Result("Beside bare inserts", text, ("events", "way", "rows/s", "seconds", "CPU s", "peak MiB"), rows, goals)


def steps(runs: int) -> Result:
    """Where the seconds of an ingest go, by the steps of a batch."""
    found = defaultdict[str, list[tuple[float, float]]](list)
    for _ in range(runs):
        home = fresh_home(WORK / "ours", make_drop(f"{EVENTS}-0", EVENTS))
        told = subprocess.run(
            [sys.executable, "-m", "benchmarks.step_marks"], env=environment(home), check=True, capture_output=True, text=True
        ).stdout
        before = ("start", 0.0, 0.0)
        for name, seconds, cpu in json.loads(told):
            found[before[0]].append((seconds - before[1], cpu - before[2]))
            before = (name, seconds, cpu)
    rows = [[name, *(round(median(values), 2) for values in zip(*each, strict=True))] for name, each in found.items()]
    text = f"The same 2 million events without duplicates, by the steps of a batch (`ads_pipeline/pipeline/steps.py`); medians of {runs}."
    return Result("Where the seconds go", text, ("step", "seconds", "CPU s"), rows)


ARRAYS = """-- grain: one item of a line's batch
-- source: drops under arrays/
-- run again: the same events
SELECT *, objects('items') AS events
FROM lines
"""
"""A source that makes as many events of a line as its list has items."""

ITEMS = 8


def arrays(runs: int) -> Result:
    """Of a source with several events a line, beside the same events with a line each, with lines of one form and of two."""
    events, sql = 1_000_000, (WORK / "sql").absolute()
    flat = make_drop(f"{events}-0", events)
    mixed, nested = _mixed(flat), _nested(flat)
    (sql / "sources").mkdir(parents=True, exist_ok=True)
    (sql / "sources" / "arrays.sql").write_text(ARRAYS)
    variables = {"ADS_SQL_DIR": str(sql)}
    found = []
    for _ in range(runs):
        lines = [run([ADS, "ingest"], fresh_home(WORK / "ours", drop, variables), variables) for drop in (flat, mixed)]
        home = fresh_home(WORK / "ours", None, variables)
        (home / "landing" / "arrays").mkdir()
        os.link(nested, home / "landing" / "arrays" / nested.name)
        found.append((*lines, run([ADS, "ingest"], home, variables)))
    ways = ("source `events`, lines of one form", "source `events`, lines read as JSON", f"a source with {ITEMS} events a line")
    rows = [
        [way, round(median(each.seconds for each in taken), 1), round(median(each.cpu for each in taken), 1)]
        for way, taken in zip(ways, zip(*found, strict=True), strict=True)
    ]
    text = (
        f"The same {events:,} events, with a line each, and {ITEMS} in a list of each line; medians of {runs} rounds, on chDB. Lists are "
        "read as JSON, so the goal is beside lines that are, too: here because every second has a blank that the others have not."
    )
    ratio = median(listed.cpu / read.cpu for _, read, listed in found)
    goals = [Goal("CPU seconds of a source with arrays, times those of `events` read as JSON", ratio, 1.3, at_most=True)]
    return Result("A source with several events a line", text, ("source", "seconds", "CPU s"), rows, goals)


def _mixed(flat: Path) -> Path:
    """The lines of a drop, every second with a blank in it."""
    path = flat.with_name(flat.name.replace(".ndjson", "-mixed.ndjson"))
    if not path.exists():
        with gzip.open(flat) as lines, gzip.open(path, "wb", compresslevel=3) as out:
            out.writelines(b"{ " + line[1:] if number % 2 else line for number, line in enumerate(lines))
    return path


def _nested(flat: Path) -> Path:
    """The lines of a drop, several to the line."""
    path = flat.with_name(flat.name.replace(".ndjson", "-arrays.ndjson"))
    if not path.exists():
        with gzip.open(flat) as lines, gzip.open(path, "wb", compresslevel=3) as out:
            while items := [line.strip() for line in islice(lines, ITEMS)]:
                out.write(b'{"items":[' + b",".join(items) + b"]}\n")
    return path
