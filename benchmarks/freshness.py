"""How long an event takes from the service's answer to the rollup, on a server, with the processes that run all the time."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from uuid import uuid4

from clickhouse_connect.driver.client import Client

from benchmarks.inputs import WORK
from benchmarks.measure import ADS, environment, fresh_home
from benchmarks.report import Goal, Result
from benchmarks.service import served
from tests.servers import Server, free_ports

DATABASE = "fresh"
STARTED = 180.0
"""Seconds within which the first event is there, while the processes start."""


def freshness(runs: int) -> Result:
    """At the default settings with Dagster, and at those that docs/deploy.md gives, with `ads ingest --watch`."""
    port = free_ports(1)[0]
    ways: dict[str, tuple[list[str], dict[str, str], float]] = {
        "sensor `new_drops`, default settings": ([ADS, "dev", "--port", str(port)], {}, 15.0),
        "`ads ingest --watch`, `ADS_SEAL_AGE=1s`": ([ADS, "ingest", "--watch"], {"ADS_SEAL_AGE": "1s"}, 3.0),
    }
    rows, goals = list[list[str | float]](), list[Goal]()
    folder = (WORK / "freshness").absolute()
    for name, (command, settings, wanted) in ways.items():
        shutil.rmtree(folder, ignore_errors=True)
        server = Server(folder / "server").start().wait()
        try:
            variables = {"ADS_CLICKHOUSE_DSN": server.dsn, "ADS_DATABASE": DATABASE, **settings}
            home = fresh_home(folder / "home", variables=variables)
            with server.connect() as client, running(command, home, variables):
                found = _delays(client, home, variables, 2 * runs)
        finally:
            server.kill()
        rows.append([name, round(median(found), 1), round(max(found), 1)])
        goals.append(Goal(f"{name}: seconds until an event stands in the rollup, at most", max(found), wanted, at_most=True))
    text = f"One event at a time, posted to `ads serve`; seconds from its answer until a rollup has it, on a server; {2 * runs} events."
    return Result("From the service's answer to the rollup", text, ("way", "median s", "longest s"), rows, goals)


@contextmanager
def running(command: list[str], home: Path, variables: Mapping[str, str]) -> Iterator[None]:
    """A command that runs until it is stopped, with all that it starts."""
    with (home / "output.log").open("w") as log:
        process = subprocess.Popen(command, env=environment(home, variables), stdout=log, stderr=log, start_new_session=True)
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _delays(client: Client, home: Path, variables: Mapping[str, str], count: int) -> list[float]:
    with served([ADS, "serve", "--open", "--port", "{port}"], home, variables) as port:
        _delay(client, port, STARTED)
        found = []
        for number in range(count):
            time.sleep(1 + number * 1.7 % 5)  # at any moment between two looks
            found.append(_delay(client, port, 60.0))
        return found


def _delay(client: Client, port: int, most: float) -> float:
    """Seconds until an event that is posted now stands in the rollup.

    Raises:
        RuntimeError: it is not there in time.
    """
    name = uuid4().hex
    event = {"event_id": name, "event_time": datetime.now(UTC).isoformat(), "event_type": "impression", "campaign_id": name}
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", "/v1/events", json.dumps(event), {"Content-Type": "application/json"})
    if (status := connection.getresponse().status) != 202:
        raise RuntimeError(f"the service answers {status}")
    posted = time.monotonic()
    query = f"SELECT sum(impressions) FROM {DATABASE}.campaign_daily WHERE campaign_id = '{name}'"
    while time.monotonic() - posted < most:
        if client.query(query).result_rows[0][0]:
            return time.monotonic() - posted
        time.sleep(0.02)
    raise RuntimeError(f"an event is not in the rollup after {most:g} s")
