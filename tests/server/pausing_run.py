"""An ingest that stops itself (SIGSTOP) before a statement: `pausing_run.py HOME COUNT`. It goes on when it is told to.

COUNT -1 lets it run through. Prints the number of statements that it ran.
"""

import os
import signal
import sys
from typing import Any

from ads_pipeline.landing import open_store
from ads_pipeline.pipeline.ingest import ingest
from ads_pipeline.pipeline.schema import prepare
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.client import Warehouse
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.server import ServerConnection

home, place = sys.argv[1], int(sys.argv[2])
done = 0


def pausing(method: Any) -> Any:
    def counted(*args: Any, **kwargs: Any) -> None:
        global done
        done += 1
        if done == place + 1:
            os.kill(os.getpid(), signal.SIGSTOP)
        method(*args, **kwargs)

    return counted


settings = load_settings(home=home)
with open_warehouse(settings, write=True) as warehouse:
    prepare(warehouse)
    Warehouse.run = pausing(Warehouse.run)  # type: ignore[method-assign]
    Warehouse.insert = pausing(Warehouse.insert)  # type: ignore[method-assign]
    ServerConnection.send = pausing(ServerConnection.send)  # type: ignore[method-assign]
    ingest(warehouse, open_store(settings))
print(done)
