"""A run of its own process, under the model's clock: `stopped.py HOME NOW PLACE VERB ARGUMENTS`.

It kills itself with -9 before statement PLACE (counted from 0; -1: it runs through). ARGUMENTS are a JSON array.
"""

import json
import os
import signal
import sys
from datetime import date, datetime
from typing import Any

from ads_pipeline.landing import open_store
from ads_pipeline.pipeline import attaching
from ads_pipeline.pipeline.backfill import backfill, plan_backfill
from ads_pipeline.pipeline.forget import forget
from ads_pipeline.pipeline.ingest import ingest, reload
from ads_pipeline.pipeline.quarantine import Selection, replay
from ads_pipeline.pipeline.retention import enforce_retention
from ads_pipeline.pipeline.run import begin_run
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.connection import Connection
from ads_pipeline.warehouse.http import HttpConnection
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.warehouse import Warehouse

home, now, place, verb, arguments = sys.argv[1], datetime.fromisoformat(sys.argv[2]), int(sys.argv[3]), sys.argv[4], json.loads(sys.argv[5])
begun = 0
attaching.LARGE = int(os.environ["ADS_TEST_LARGE"])


def stopping(method: Any) -> Any:
    def counted(*args: Any, **kwargs: Any) -> Any:
        global begun
        begun += 1
        if begun == place + 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return method(*args, **kwargs)

    return counted


Warehouse.now = lambda self: now  # type: ignore[method-assign]
settings = load_settings(home=home)
with open_warehouse(settings, write=True) as warehouse:
    store = open_store(settings)
    Connection.run = stopping(Connection.run)  # type: ignore[method-assign]
    Connection.insert = stopping(Connection.insert)  # type: ignore[method-assign]
    HttpConnection.send = stopping(HttpConnection.send)  # type: ignore[method-assign]
    run = begin_run(warehouse, settings)
    if verb == "ingest":
        ingest(run, store)
    elif verb == "reload":
        reload(run, store, *map(date.fromisoformat, arguments))
    elif verb == "forget":
        forget(run, store, arguments)
    elif verb == "replay":
        replay(run, Selection(drops=tuple(arguments)))
    elif verb == "backfill":
        first, last = map(date.fromisoformat, arguments)
        backfill(run, plan_backfill(run, run.rollups, first, last))
    elif verb == "retention":
        enforce_retention(warehouse, settings)
