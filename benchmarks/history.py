"""What an idle ingest and a tick of the sensor cost in a home that has loaded many drops, beside a young one."""

import os
import shutil
import time
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median

from ads_pipeline.landing import Survey, open_store
from ads_pipeline.landing.survey import ROUND
from ads_pipeline.pipeline.ledger import Entry, write_entries
from ads_pipeline.pipeline.run import open_run
from ads_pipeline.settings import load_settings
from benchmarks.inputs import WORK
from benchmarks.measure import ADS, fresh_home, run
from benchmarks.report import Goal, Plot, Result

DAYS = 400
"""Day folders over which drops are spread."""

YOUNG_DAYS = 8
"""Those of a young home into which as many land a day."""

SIZES = (100, 10_000, 100_000, 1_000_000)


def home_with(work: Path, drops: int, days: int = DAYS) -> Path:
    """A home whose landing folder has so many empty drops."""
    home = fresh_home(work / f"history-{drops}-{days}")
    today = datetime.now(UTC).date()
    for number in range(drops):
        folder = home / "landing" / "events" / f"dt={today - timedelta(days=number % days)}"
        if number < days:
            folder.mkdir()
        (folder / f"{number:07}.ndjson").touch()
    for folder in (home / "landing" / "events").iterdir():
        os.utime(folder, (time.time() - 3600,) * 2)  # a folder that changed a moment ago is listed again
    return home


def load(home: Path) -> None:
    """Enter all drops into the ledger as loaded."""
    settings = load_settings(home=home)
    with open_run(settings) as started:
        listed = open_store(settings).list()
        while page := list(islice(listed, 20_000)):
            write_entries(started.warehouse, [Entry(drop) for drop in page], "loaded", "bench")


def tick(home: Path) -> float:
    """Seconds that a look of the sensor's survey takes, once it knows the store: the median of a round."""
    settings = load_settings(home=home)
    survey, store = Survey(settings.look_back), open_store(settings)
    taken = list[float]()
    for _ in range(2 * ROUND):
        started = time.perf_counter()
        survey.look(store)
        taken.append(time.perf_counter() - started)
    return median(taken[ROUND:])


def history(_: int) -> Result:
    """By how many drops were ever loaded."""
    rows, young = list[list[int | float]](), 0.0
    for drops in SIZES:
        home = home_with(WORK, drops)
        load(home)
        first = run([ADS, "ingest"], home)  # lists the store whole
        idle = min((run([ADS, "ingest"], home) for _ in range(3)), key=lambda found: found.seconds)
        looked = tick(home)
        young = young or idle.seconds
        shutil.rmtree(home)
        few = home_with(WORK, drops * YOUNG_DAYS // DAYS, YOUNG_DAYS)
        same = tick(few)
        shutil.rmtree(few)
        rows.append([drops, round(idle.seconds, 2), round(idle.peak), round(looked * 1000), round(same * 1000), round(first.seconds, 1)])
    text = (
        "A home whose ledger and landing folder have so many drops, all loaded, over 400 days: an ingest that finds nothing new (the best "
        f"of three), a tick of the sensor's survey beside that of a home of {YOUNG_DAYS} days into which as many land a day, and the "
        "first ingest, which lists the store whole."
    )
    goals = [
        Goal(f"an idle ingest at {drops:,} drops, times that of a young home", idle.seconds / young, 1.5, at_most=True),
        Goal(f"a tick at {drops:,} drops, times that of a young home with as many a day", looked / same, 1.5, at_most=True),
    ]
    columns = ("drops", "idle ingest, s", "idle ingest, MiB", "tick, ms", f"tick of {YOUNG_DAYS} days, ms", "listed whole, s")
    return Result("By the drops that were ever loaded", text, columns, rows, goals, Plot("drops", ("idle ingest, s",)))
