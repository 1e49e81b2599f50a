"""What an idle ingest and a tick of the sensor cost in a home that has loaded many drops, beside a young one."""

import os
import time
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from ads_pipeline.landing import Survey, open_store
from ads_pipeline.pipeline.ledger import Entry, write_entries
from ads_pipeline.pipeline.run import open_run
from ads_pipeline.settings import load_settings
from benchmarks.measure import ADS, fresh_home, run

DAYS = 400
"""Day folders over which drops are spread."""


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


def history(work: Path, sizes: tuple[int, ...] = (100, 100_000)) -> None:
    """Print seconds and memory of an idle ingest, and seconds of a tick, by how many drops were ever loaded."""
    for drops in sizes:
        home = home_with(work, drops)
        run([ADS, "ingest"], home)  # lists the store whole
        idle = min((run([ADS, "ingest"], home) for _ in range(3)), key=lambda found: found.seconds)
        print(
            f"{drops:9,} drops loaded: idle ingest {idle.seconds:.2f} s, {idle.peak:,.0f} MiB; tick {tick(home) * 1000:.0f} ms", flush=True
        )
