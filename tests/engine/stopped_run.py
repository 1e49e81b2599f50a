"""A run that sends itself a signal before a statement: `stopped_run.py HOME COUNT VERB SIGNAL [DROP…]`, with so many statements before it.

The verb `attach` is an ingest that attaches what it can.
KILL ends it; after STOP it goes on when it is told to. COUNT -1 lets it run through. Prints the number of statements that it ran.
"""

import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from ads_pipeline.landing import open_store
from ads_pipeline.pipeline import attaching
from ads_pipeline.pipeline.backfill import backfill, plan_backfill
from ads_pipeline.pipeline.forget import forget
from ads_pipeline.pipeline.ingest import ingest
from ads_pipeline.pipeline.run import apply_changes, begin_run
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.connection import Connection
from ads_pipeline.warehouse.http import HttpConnection
from ads_pipeline.warehouse.opening import open_warehouse

home, place, verb, sent = sys.argv[1], int(sys.argv[2]), sys.argv[3], signal.Signals[f"SIG{sys.argv[4]}"]
begun = 0


def stopping(method: Any) -> Any:
    def counted(*args: Any, **kwargs: Any) -> None:
        global begun
        begun += 1
        if begun == place + 1:
            os.kill(os.getpid(), sent)
        method(*args, **kwargs)

    return counted


settings = load_settings(home=home)
if verb == "attach":
    attaching.LARGE = 1
with open_warehouse(settings, write=True) as warehouse:
    run = begin_run(warehouse, settings) if verb != "init" else None
    Connection.run = stopping(Connection.run)  # type: ignore[method-assign]
    Connection.insert = stopping(Connection.insert)  # type: ignore[method-assign]
    HttpConnection.send = stopping(HttpConnection.send)  # type: ignore[method-assign]
    if run is None:
        apply_changes(warehouse, settings)
    elif verb in ("ingest", "heal", "attach"):
        ingest(run, open_store(settings))
    elif verb == "forget":
        forget(run, open_store(settings), sys.argv[5:])
    else:
        today = datetime.now(UTC).date()
        backfill(run, plan_backfill(run, run.rollups, today - timedelta(days=3), today))
print(begun)
