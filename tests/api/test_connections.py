"""Connections by real sockets: what is not whole does not reach the application, and whom a worker closes when there are too many."""

import json
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.api.attacks import answered
from tests.api.conftest import Service, event
from tests.waiting import wait_until

MOST = 40
BODY = json.dumps(event(1)).encode()
HEAD = b"POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
POST = HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(BODY), BODY)


def connected(service: Service, address: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection(("127.0.0.1", service.port), timeout=10, source_address=(address, 0))


def is_open(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1) != b""
    except BlockingIOError:
        return True
    except ConnectionError:
        return False


@contextmanager
def in_one_moment(service: Service) -> Iterator[None]:
    """The service sees what comes meanwhile at once: it stands still."""
    os.kill(service.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(service.process.pid, signal.SIGCONT)


def test_many_that_connect_in_one_moment_push_out_nobody_whose_request_has_come(serve: Callable[..., Service]) -> None:
    service = serve("--open", api_connections=str(MOST))
    with ExitStack() as opened:
        proven = opened.enter_context(connected(service))
        proven.sendall(POST)
        assert answered(proven) == "202"
        other = [opened.enter_context(connected(service, "127.0.0.2")) for _ in range(5)]
        with in_one_moment(service):
            good = [opened.enter_context(connected(service)) for _ in range(5)]
            for connection in good:
                connection.sendall(POST)
            crowd = [opened.enter_context(connected(service)) for _ in range(4 * MOST)]
        for connection in good:
            assert connection.recv(1000).startswith(b"HTTP/1.1 202 ")
        wait_until(lambda: sum(map(is_open, crowd)) < MOST)
        assert is_open(proven)
        assert all(map(is_open, other))
        late = opened.enter_context(connected(service))
        late.sendall(POST)
        assert late.recv(1000).startswith(b"HTTP/1.1 202 ")


def test_what_is_not_whole_does_not_reach_the_application(serve: Callable[..., Service]) -> None:
    service = serve("--open")
    for sent in (HEAD + b"Content-Length: 9000\r\n\r\n[", HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\n", POST[:-1]):
        with connected(service) as connection:
            connection.sendall(sent)
    with connected(service) as connection:
        connection.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(BODY))
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(BODY[:9])
        connection.sendall(BODY[9:])
        assert answered(connection) == "202"
        for one in (b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", POST):  # as Java's client does
            connection.sendall(one.replace(b"Host: a\r\n", b"Host: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"))
            assert answered(connection) in ("200", "202")
    for sent in (
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"CONNECT /v1 HTTP/1.1\r\nHost: a\r\n\r\n",
    ):
        with connected(service) as connection:
            connection.sendall(sent)
            assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")
    assert service.log.count("POST /v1/events") == service.log.count("POST /v1/events 202") == 2
    assert "WARNING" not in service.log


@pytest.mark.slow
def test_a_body_that_does_not_come_is_answered(serve: Callable[..., Service]) -> None:
    service = serve("--open")
    with connected(service) as connection:
        connection.settimeout(90)
        connection.sendall(POST[:-1])
        assert connection.recv(1000).startswith(b"HTTP/1.1 408 ")
        assert connection.recv(1000) == b""
