"""How connections are accepted: clients that connect and leave cost next to nothing, and keep out nobody."""

import resource
import socket
import threading
import time
from collections.abc import Callable

import pytest

from tests.api.attacks import answered
from tests.api.conftest import Service
from tests.api.processes import cpu_seconds
from tests.api.test_connections import HEAD, POST, connected, in_one_moment
from tests.waiting import wait_until


@pytest.mark.further
def test_clients_that_leave_are_cheap_and_keep_out_nobody(serve: Callable[..., Service]) -> None:
    service = serve("--open")
    until, counts = time.monotonic() + 3, [0, 0]

    def leave(place: int) -> None:
        while time.monotonic() < until:
            with connected(service) as connection:
                connection.sendall(HEAD + b"Content-Length: 9000\r\n\r\n[")
            counts[place] += 1

    threads = [threading.Thread(target=leave, args=[place]) for place in range(2)]
    used = cpu_seconds(service.process.pid)
    for thread in threads:
        thread.start()
    answers = 0
    while time.monotonic() < until - 0.5:
        with connected(service) as connection:
            connection.sendall(POST)
            assert answered(connection) == "202"
        answers += 1
    for thread in threads:
        thread.join()
    assert answers >= 5
    assert sum(counts) > 100
    assert cpu_seconds(service.process.pid) - used < 2.5


def test_a_client_that_does_not_wait_for_its_answer_is_served(serve: Callable[..., Service]) -> None:
    service = serve("--open", log_level="INFO")
    with in_one_moment(service):
        for _ in range(20):
            with connected(service) as connection:
                connection.sendall(POST)
                connection.shutdown(socket.SHUT_WR)
    wait_until(lambda: service.log.count("POST /v1/events") == 20)


@pytest.mark.slow
def test_a_worker_without_files_accepts_again(serve: Callable[..., Service]) -> None:
    service = serve("--open", api_connections="1000")
    limit = 60
    resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE, (limit, limit))
    held = [connected(service) for _ in range(limit)]
    wait_until(lambda: "no connection can be accepted" in service.log)
    for connection in held:
        connection.close()
    with connected(service) as connection:
        connection.sendall(POST)
        assert answered(connection) == "202"
