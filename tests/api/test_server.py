"""What keeps the service from starting is one clear error; what a client may send is bounded before it is read."""

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx

from tests.api.conftest import Service, event
from tests.commands import ads
from tests.waiting import wait_until


def test_a_port_that_is_taken_is_one_clear_error_and_leaves_the_other_alone(serve: Callable[..., Service]) -> None:
    service = serve("--open", "--workers", "2")
    httpx.post(f"{service.url}/v1/events", json=event(1))
    for workers in ("1", "2"):
        other = ads(service.home, "serve", "--open", "--port", str(service.port), "--workers", workers)
        assert (other.returncode, other.stdout) == (1, "")
        assert other.stderr.count("\n") == 1
        assert f"Error: cannot listen on port {service.port} of 127.0.0.1 (Address already in use): " in other.stderr
    assert "ads_events_accepted_total 1.0" in httpx.get(f"{service.url}/metrics").text


def test_a_home_that_cannot_be_used_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = ads(tmp_path / "file", "serve", "--open")
    assert (refused.returncode, refused.stderr.startswith(f"Error: ADS_HOME is {tmp_path}/file")) == (2, True)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "spool").write_text("")
    refused = ads(tmp_path / "home", "serve", "--open", "--port", "0")
    assert (refused.returncode, refused.stderr.startswith(f"Error: ADS_HOME is {tmp_path}/home")) == (2, True)


def talk(service: Service, *pieces: bytes) -> bytes:
    """What is answered to bytes on a connection, until it ends."""
    answer = b""
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as connection, suppress(ConnectionError):
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(0.05)
        while piece := connection.recv(65536):
            answer += piece
    return answer


def test_what_a_client_may_send_is_bounded_before_it_is_read(serve: Callable[..., Service]) -> None:
    service = serve("--open")
    head = b"POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    large = talk(service, head + b"Content-Length: 900000000\r\n\r\n[")
    assert large.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in large.lower()
    assert talk(service, head, *[b"X-Long: " + b"a" * 9000 + b"\r\n"] * 9).startswith(b"HTTP/1.1 400 ")
    assert talk(service, head + b"X-Long: ", *[b"a" * 9000] * 9).startswith(b"HTTP/1.1 400 ")
    allowed = talk(service, head, *[b"X-Long: " + b"a" * 9000 + b"\r\n"] * 5, b"Connection: close\r\nContent-Length: 2\r\n\r\n{}")
    assert allowed.startswith(b"HTTP/1.1 422 ")


def test_a_client_that_goes_in_mid_body_is_no_error_of_the_service(serve: Callable[..., Service]) -> None:
    service = serve("--open")
    with socket.create_connection(("127.0.0.1", service.port)) as connection:
        connection.sendall(
            b"POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 90000\r\n\r\n[" + b" " * 50_000
        )
        time.sleep(0.3)
    wait_until(lambda: "POST /v1/events 400" in service.log)
    assert "Traceback" not in service.log


def test_what_it_writes_is_for_its_user_and_group_alone(serve: Callable[..., Service]) -> None:
    service = serve("--open")
    assert httpx.post(f"{service.url}/v1/events", json=event(1), headers={"Idempotency-Key": "a"}).status_code == 202
    service.stop()
    written = [path for folder in ("spool", "landing", "api") for path in (service.home / folder).rglob("*")]
    assert [path for path in written if path.suffix == ".zst"]
    assert [path for path in written if path.stat().st_mode & 0o007] == []
