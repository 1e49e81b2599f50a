"""The service beside bare ones: events in (durable, 2 workers), rollups out."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from ads_pipeline.generate import generate_lines
from ads_pipeline.pipeline.query import plan_query, run_raw
from ads_pipeline.pipeline.rollups import find_rollup
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.opening import open_warehouse
from benchmarks.measure import ADS, environment, fresh_home, is_reached

EVENTS, CONNECTIONS, SECONDS = 500, 8, 5.0

QUERY = {"by": "event_date,campaign_id", "metric": "impressions,cost,ctr", "order_by": "-cost", "limit": "100"}


@contextmanager
def served(command: list[str], home: Path) -> Iterator[int]:
    """A server's port, while it runs; `{port}` in the command stands for it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [part.format(port=port) for part in command],
        env=environment(home) | {"ADS_API_RATE": "0"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(process.pid, port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait_for(pid: int, port: int) -> None:
    """Until the server answers and its processes rest: a port takes connections before all workers have started.

    They rest when they use less than a twentieth of a core over a second; a server has threads that look around now and then.

    Raises:
        RuntimeError: it does neither within a minute.
    """
    used = _cpu_ticks(pid)
    for _ in range(60):
        time.sleep(1)
        before, used = used, _cpu_ticks(pid)
        if used - before <= os.sysconf("SC_CLK_TCK") / 20 and _answers(port):
            return
    raise RuntimeError(f"the server on port {port} does not start")


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _cpu_ticks(pid: int) -> int:
    """What a process and those that it has started have used of the processor."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(fields[11]) + int(fields[12]) + sum(_cpu_ticks(int(child)) for child in children)


def bodies() -> list[bytes]:
    """Arrays of events, each event of another id."""
    made: list[bytes] = []

    def take(pieces: list[memoryview]) -> None:
        made.extend(b"[" + bytes(piece).rstrip().replace(b"\n", b",") + b"]" for piece in pieces if len(piece))

    generate_lines(take, size=EVENTS, events=EVENTS * 100, days=1, drops=1, end=datetime.now(UTC).date())
    return made


def events_a_second(port: int, sent: Sequence[bytes]) -> float:
    """How many events are answered in a second, over several connections."""
    counts = [0] * CONNECTIONS
    end = time.perf_counter() + SECONDS

    def send(place: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while time.perf_counter() < end:
            connection.request("POST", "/v1/events", sent[(place * 13 + counts[place]) % len(sent)], {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 202:
                raise RuntimeError(f"the service answers {answer.status}")
            counts[place] += 1

    threads = [threading.Thread(target=send, args=[place]) for place in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) * EVENTS / SECONDS


def landing(work: Path, runs: int, wanted: float) -> bool:
    """Print events a second of the service and of the bare endpoint, and whether the median ratio reaches what is wanted."""
    sent, ratios = bodies(), []
    bare_command = [sys.executable, "-m", "uvicorn", "benchmarks.bare_api:app", "--port", "{port}", "--workers", "2", "--no-access-log"]
    for _ in range(runs):
        home = work / "service"
        shutil.rmtree(home, ignore_errors=True)
        with served([ADS, "serve", "--open", "--port", "{port}", "--workers", "2"], home) as port:
            ours = events_a_second(port, sent)
        with served(bare_command, work) as port:
            bare = events_a_second(port, sent)
        ratios.append(ours / bare)
        print(f"  landing: {ours:9,.0f} events/s durable, bare {bare:9,.0f}, ratio {ratios[-1]:.2f}", flush=True)
    return is_reached(f"landing, {EVENTS} events a request, 2 workers", ratios, wanted)


def reads(work: Path, drop: Path, count: int = 200) -> bool:
    """Print the median latency of a rollup read over HTTP and of the same query straight to the engine."""
    home = fresh_home(work / "reads", drop)
    subprocess.run([ADS, "ingest"], env=environment(home), check=True, stdout=subprocess.DEVNULL)
    straight = _straight(home, count)
    over_http = _over_http(home, count)
    most = 1.5 * straight + 0.005
    print(f"rollup read: {1000 * over_http:.1f} ms over HTTP, {1000 * straight:.1f} ms straight (wanted {1000 * most:.1f} ms or less)")
    return over_http <= most


def _straight(home: Path, count: int) -> float:
    settings = load_settings(home=home)
    with open_warehouse(settings) as warehouse:
        rollup = find_rollup(warehouse, settings, "campaign_daily")
        query = plan_query(rollup, by=["event_date", "campaign_id"], metrics=["impressions", "cost", "ctr"], order_by=["-cost"], limit=100)

        def read() -> float:
            started = time.perf_counter()
            json.loads(run_raw(warehouse, query, "json"))
            return time.perf_counter() - started

        return median([read() for _ in range(count)][10:])


def _over_http(home: Path, count: int) -> float:
    path = "/v1/rollups/campaign_daily?" + "&".join(f"{key}={value}" for key, value in QUERY.items())
    with served([ADS, "serve", "--open", "--port", "{port}"], home) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port)

        def read() -> float:
            started = time.perf_counter()
            connection.request("GET", path)
            json.loads(connection.getresponse().read())
            return time.perf_counter() - started

        return median([read() for _ in range(count)][10:])
