"""A run whose calls are recorded, with a mark before each statement: `recorded_run.py HOME inserted`, or `attached`.

Ingests the drops that have landed, lets those in `later` land, and ingests again, with duplicates, corrections and refused lines; then
rebuilds. A mark `done NAMES` stands where drops have been reported loaded.
"""

import ctypes
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ads_pipeline.landing import open_store
from ads_pipeline.pipeline import attaching
from ads_pipeline.pipeline.backfill import backfill, plan_backfill
from ads_pipeline.pipeline.ingest import ingest
from ads_pipeline.pipeline.run import begin_run
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.connection import Connection
from ads_pipeline.warehouse.opening import open_warehouse

home = Path(sys.argv[1])
if sys.argv[2] == "attached":
    attaching.LARGE = 1
recorder = ctypes.CDLL(None)


def mark(text: str) -> None:
    recorder.recorder_mark(text.encode())


def marked(method: Any) -> Any:
    def run(connection: Connection, what: Any, *args: Any, **kwargs: Any) -> None:
        text = what if isinstance(what, str) else " ".join(line for line in what.text.splitlines() if not line.startswith("--"))
        mark(f"statement {text[:80]}")
        method(connection, what, *args, **kwargs)

    return run


Connection.run = marked(Connection.run)  # type: ignore[method-assign]
Connection.insert = marked(Connection.insert)  # type: ignore[method-assign]
settings = load_settings(home=home)
landing = Path(settings.landing)
for later in (False, True):
    if later:
        for path in (home / "later").rglob("*.ndjson"):
            path.rename(landing / path.relative_to(home / "later"))
    with open_warehouse(settings, write=True) as warehouse:
        ingest(begin_run(warehouse, settings), open_store(settings))
        mark(f"done {' '.join(str(path.relative_to(landing)) for path in landing.rglob('*.ndjson'))}")
        if later:
            today = datetime.now(UTC).date()
            run = begin_run(warehouse, settings)
            backfill(run, plan_backfill(run, run.rollups, today - timedelta(days=3), today))
mark("statement end")
