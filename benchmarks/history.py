"""What an idle ingest and a tick of the sensor cost in a home that has loaded many drops, beside a young one."""

import os
import shutil
import time
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from ads_pipeline.landing import Survey, open_store
from ads_pipeline.pipeline.ledger import Entry, write_entries
from ads_pipeline.pipeline.run import open_run
from ads_pipeline.settings import load_settings
from benchmarks.inputs import WORK
from benchmarks.measure import ADS, fresh_home, run
from benchmarks.report import Goal, Plot, Result

DAYS = 400
"""Day folders over which drops are spread."""

SIZES = (100, 10_000, 100_000, 1_000_000)


def home_with(work: Path, drops: int) -> Path:
    """A home whose ledger and landing folder have so many drops, all loaded; they are empty."""
    home = fresh_home(work / f"history-{drops}")
    today = datetime.now(UTC).date()
    for number in range(drops):
        folder = home / "landing" / "events" / f"dt={today - timedelta(days=number % DAYS)}"
        if number < DAYS:
            folder.mkdir()
        (folder / f"{number:07}.ndjson").touch()
    for folder in (home / "landing" / "events").iterdir():
        os.utime(folder, (time.time() - 3600,) * 2)  # a folder that changed a moment ago is listed again
    settings = load_settings(home=home)
    with open_run(settings) as started:
        listed = open_store(settings).list()
        while page := list(islice(listed, 20_000)):
            write_entries(started.warehouse, [Entry(drop) for drop in page], "loaded", "bench")
    return home


def tick(home: Path) -> float:
    """Seconds that a look of the sensor's survey takes, once it knows the store."""
    settings = load_settings(home=home)
    survey, store = Survey(settings.look_back), open_store(settings)
    for _ in range(3):
        survey.look(store)
    started = time.perf_counter()
    survey.look(store)
    return time.perf_counter() - started


def history(_: int) -> Result:
    """By how many drops were ever loaded."""
    rows, young = list[list[int | float]](), (0.0, 0.0)
    for drops in SIZES:
        home = home_with(WORK, drops)
        first = run([ADS, "ingest"], home)  # lists the store whole
        idle = min((run([ADS, "ingest"], home) for _ in range(3)), key=lambda found: found.seconds)
        looked = tick(home)
        young = young if rows else (idle.seconds, looked)
        rows.append([drops, round(idle.seconds, 2), round(idle.peak), round(looked * 1000), round(first.seconds, 1)])
        old = (idle.seconds, looked)
        shutil.rmtree(home)
    text = (
        "A home whose ledger and landing folder have so many drops, all loaded, over 400 days: an ingest that finds nothing new (the best "
        "of three), a tick of the sensor's survey, and the first ingest, which lists the store whole."
    )
    goals = [Goal(f"an idle ingest at {drops:,} drops, times that of a young home", old[0] / young[0], 1.5, at_most=True)]
    columns = ("drops", "idle ingest, s", "idle ingest, MiB", "tick, ms", "listed whole, s")
    return Result("By the drops that were ever loaded", text, columns, rows, goals, Plot("drops", ("idle ingest, s",)))
