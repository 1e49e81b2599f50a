"""A run that dies by SIGKILL after so many statements: `dying_run.py HOME COUNT VERB`.

COUNT -1 lets it live. Prints the number of statements that it ran.
"""

import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from ads_pipeline.landing import open_store
from ads_pipeline.pipeline.ingest import ingest
from ads_pipeline.pipeline.rebuild import backfill
from ads_pipeline.pipeline.rollups import all_rollups
from ads_pipeline.pipeline.schema import prepare
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.client import Warehouse
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.server import ServerConnection

home, deadline, verb = sys.argv[1], int(sys.argv[2]), sys.argv[3]
done = 0


def dying(method: Any) -> Any:
    def counted(*args: Any, **kwargs: Any) -> None:
        global done
        if 0 <= deadline <= done:
            os.kill(os.getpid(), signal.SIGKILL)
        method(*args, **kwargs)
        done += 1

    return counted


settings = load_settings(home=home)
with open_warehouse(settings, write=True) as warehouse:
    prepare(warehouse)
    Warehouse.run = dying(Warehouse.run)  # type: ignore[method-assign]
    Warehouse.insert = dying(Warehouse.insert)  # type: ignore[method-assign]
    ServerConnection.send = dying(ServerConnection.send)  # type: ignore[method-assign]
    if verb == "ingest":
        ingest(warehouse, open_store(settings))
    else:
        today = datetime.now(UTC).date()
        backfill(warehouse, all_rollups(warehouse), today - timedelta(days=3), today)
print(done)
