"""Answers from rollups that are large: the service's memory, the engine and other clients do not feel them."""

import json
import os
import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
import uvicorn

from ads_pipeline.api import connection
from ads_pipeline.api.app import create_app
from ads_pipeline.settings import load_settings
from tests.api.conftest import Service, event
from tests.api.processes import MIB, count, forget_peak, held, peak
from tests.api.test_rollups import holder
from tests.commands import ads
from tests.waiting import wait_until

pytestmark = pytest.mark.xdist_group("large_answers")  # one process makes the module's home

ROWS = 150_000
URL = "/v1/rollups/wide"

# ten metrics whose long names stand in each row of JSON: much for the client, and little for the engine
METRICS = [f"metric_{number:0100}" for number in range(10)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rollup with an answer of 170 MB."""
    home = tmp_path_factory.mktemp("large") / "home"
    (home / "landing").mkdir(parents=True)
    (home / "sql" / "rollups").mkdir(parents=True)
    metrics = ", ".join(f"sumSimpleState(toUInt64(1)) AS {name}" for name in METRICS)
    (home / "sql" / "rollups" / "wide.sql").write_text(f"SELECT event_date, ad_id, {metrics} FROM events GROUP BY event_date, ad_id")
    with (home / "landing" / "a.ndjson").open("w") as file:
        head = json.dumps(event(0))[: -len("}")].replace('"e0"', '"e%d"')
        file.writelines(head % number + f', "ad_id": "{number}"}}\n' for number in range(ROWS))
    assert ads(home, "ingest", sql_dir=str(home / "sql")).returncode == 0
    return home


@pytest.fixture
def service(home: Path) -> Iterator[Service]:
    service = Service(home, "--open", sql_dir=str(home / "sql"), api_max_rows=str(ROWS), api_wait="30s", seal_age="1h")
    yield service
    service.kill()


@pytest.mark.further
def test_memory_does_not_grow_with_the_answer(service: Service) -> None:
    pid = service.process.pid
    httpx.get(f"{service.url}{URL}?limit=1", timeout=60)  # opens the engine, which groups all rows
    forget_peak(pid)
    before, size = peak(pid), 0
    with httpx.stream("GET", f"{service.url}{URL}", timeout=60) as answer:
        assert answer.status_code == 200
        for piece in answer.iter_bytes():
            size += len(piece)
    assert size == int(answer.headers["content-length"]) > 150 * MIB
    grown = peak(pid) - before
    print(f"{grown / MIB:.0f} MiB for an answer of {size / MIB:.0f}")
    assert grown < size / 2
    wait_until(lambda: held(pid) == 0)


def ask(port: int, path: str) -> socket.socket:
    """A client that has asked, and reads nothing yet."""
    client = socket.create_connection(("127.0.0.1", port), timeout=30)
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    assert client.recv(4) == b"HTTP"
    return client


def drained(client: socket.socket) -> bytes:
    """What is left of an answer, to its end."""
    return b"".join(iter(lambda: client.recv(1 << 20), b""))


def test_a_slow_client_holds_neither_engine_nor_others(service: Service) -> None:
    with ask(service.port, URL) as slow:
        holder(service.home, 0).communicate()  # as an ingest
        assert httpx.get(f"{service.url}{URL}?by=").json()[0][METRICS[0]] == ROWS
        head, _, body = drained(slow).partition(b"\r\n\r\n")
    assert head.startswith(b"/1.1 200 ")
    assert len(json.loads(body)) == ROWS


@pytest.mark.further
def test_a_client_that_goes_leaves_nothing(service: Service) -> None:
    pid = service.process.pid
    for _ in range(3):
        ask(service.port, URL).close()
    wait_until(lambda: held(pid) == 0)
    opened, threads = count(pid, "fd"), count(pid, "task")
    for _ in range(3):
        ask(service.port, URL).close()
    wait_until(lambda: held(pid) == 0)
    wait_until(lambda: count(pid, "fd") <= opened and count(pid, "task") <= threads + 1)
    assert "Traceback" not in service.log


@pytest.mark.further
def test_reads_of_clients_that_have_gone_are_not_run(service: Service) -> None:
    with holder(service.home, 2):
        for _ in range(30):
            with socket.create_connection(("127.0.0.1", service.port)) as client:
                client.sendall(f"GET {URL} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
                time.sleep(0.02)
    started = time.monotonic()
    assert httpx.get(f"{service.url}{URL}?by=", timeout=60).status_code == 200
    assert time.monotonic() - started < 5
    assert "Traceback" not in service.log


@pytest.mark.further
def test_an_answer_that_finds_no_room_is_a_problem(service: Service) -> None:
    before = resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (8 * MIB, resource.RLIM_INFINITY))
    try:
        answer = httpx.get(f"{service.url}{URL}", timeout=60)
        assert (answer.status_code, answer.headers["content-type"]) == (507, "application/problem+json")
        assert "File too large" in answer.json()["detail"]
        assert answer.headers["retry-after"]
        wait_until(lambda: held(service.process.pid) == 0)
        assert httpx.get(f"{service.url}{URL}?by=").status_code == 200
    finally:
        resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, before)
    assert len(httpx.get(f"{service.url}{URL}", timeout=60).json()) == ROWS


def test_too_many_rows_are_told_before_anything_is_sent(home: Path) -> None:
    service = Service(home, "--open", sql_dir=str(home / "sql"), api_max_rows=str(ROWS - 1))
    try:
        answer = httpx.get(f"{service.url}{URL}", timeout=60)
        assert (answer.status_code, f"more than {ROWS - 1} rows" in answer.json()["detail"]) == (422, True)
        wait_until(lambda: held(service.process.pid) == 0)
    finally:
        service.kill()


def test_a_client_that_takes_nothing_for_long_is_let_go(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "UNREAD_SECONDS", 2)
    app = create_app(load_settings(home=home, api_open="loopback", api_max_rows=ROWS, sql_dir=home / "sql"))
    server = uvicorn.Server(uvicorn.Config(app, port=0, http=connection.BoundedProtocol, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        with ask(port, URL) as stuck, ask(port, URL) as slow:
            taken = 0
            for _ in range(12):  # slow for longer, but takes some all the time
                time.sleep(0.25)
                taken += len(slow.recv(1 << 22, socket.MSG_WAITALL))
            wait_until(lambda: len(server.server_state.connections) == 1)
            assert taken + len(drained(slow)) > 150 * MIB
            with suppress(ConnectionError):
                assert len(drained(stuck)) < 150 * MIB
        wait_until(lambda: held(os.getpid(), home) == 0)
    finally:
        server.should_exit = True
        thread.join()
