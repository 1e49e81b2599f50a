"""Hostile clients and a good one, each a process of its own: `python -m tests.api.attacks KIND PORT SECONDS` counts answers."""

import gzip
import json
import os
import random
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tests.api.conftest import event
from tests.compression import zstd

ADDRESSES = os.environ.get("ADS_TEST_ADDRESSES", "127.0.0.1").split()
"""From which it comes."""

JSON = {"Content-Type": "application/json"}
Request = tuple[str, str, bytes, dict[str, str]]

BRACES = gzip.compress(b"[" + b",".join([b"{}"] * 9_999) + b"]", mtime=0)
"""149 bytes: ten thousand events that are each refused for four reasons."""


def many_keys(lines: int = 16, keys: int = 100_000) -> bytes:
    """62 kB: lines just short of the limit, each of as many keys as fit."""
    line = b"{" + b",".join(b'"%x":1' % key for key in range(keys)) + b"}\n"
    return zstd.compress(line * lines)


def good() -> Request:
    events = [event(number, ad_id=f"a{number}", user_id=f"u{number}") for number in range(500)]
    key = os.environ.get("ADS_TEST_KEY")
    return "POST", "/v1/events", json.dumps(events).encode(), JSON | ({"Authorization": f"Bearer {key}"} if key else {})


def unplain() -> Request:
    events = [event(number, line=number, page="x" * 20) for number in range(5000)]
    return "POST", "/v1/events", json.dumps(events).encode(), JSON


ATTACKS: dict[str, Callable[[], Request]] = {
    "braces": lambda: ("POST", "/v1/events", BRACES, {**JSON, "Content-Encoding": "gzip"}),
    "keys": lambda: ("POST", "/v1/events", many_keys(), {"Content-Type": "application/x-ndjson", "Content-Encoding": "zstd"}),
    "bomb": lambda: ("POST", "/v1/events", gzip.compress(b" " * (16 << 20), mtime=0), {**JSON, "Content-Encoding": "gzip"}),
    "unplain": unplain,
    "openapi": lambda: ("GET", "/openapi.json", b"", {}),
    "metrics": lambda: ("GET", "/metrics", b"", {}),
    "readyz": lambda: ("GET", "/readyz", b"", {}),
    "static": lambda: ("GET", "/static/swagger-ui/swagger-ui-bundle.js", b"", {}),
    "guess": lambda: ("GET", "/v1/rollups", b"", {"Authorization": "Bearer guess"}),
}


def as_bytes(request: Request) -> bytes:
    """The request as it is sent: made once, so that a client costs little beside the service."""
    method, path, body, headers = request
    lines = {"Host": "127.0.0.1", **headers, "Content-Length": str(len(body))}
    return f"{method} {path} HTTP/1.1\r\n".encode() + b"".join(f"{name}: {lines[name]}\r\n".encode() for name in lines) + b"\r\n" + body


def answered(connection: socket.socket) -> str:
    """The status of an answer that is read to its end."""
    head, answer = b"", b""
    while b"\r\n\r\n" not in head:
        if not (piece := connection.recv(1 << 16)):
            raise ConnectionError
        head += piece
    head, _, answer = head.partition(b"\r\n\r\n")
    left = int(head.lower().partition(b"content-length: ")[2].split()[0]) - len(answer)
    while left > 0:
        if not (piece := connection.recv(1 << 16)):
            raise ConnectionError
        left -= len(piece)
    return head[9:12].decode()


def connected(port: int, timeout: float) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout, source_address=(random.choice(ADDRESSES), 0))


def send(request: Request, port: int, until: float, answers: Counter[str], every: float = 0) -> None:
    """One connection, one request after another, one in so many seconds at most."""
    sent = as_bytes(request)
    while time.monotonic() < until:
        with suppress(OSError), connected(port, 30) as connection:
            while (began := time.monotonic()) < until:
                connection.sendall(sent)
                answers[answered(connection)] += 1
                time.sleep(max(0, began + every - time.monotonic()))
            return
        answers["none"] += 1
        time.sleep(0.01)


def hold(port: int, until: float, answers: Counter[str], sent: bytes, *, drip: bytes = b"", leaves: bool = False) -> None:
    """One connection after another that sends the beginning of a request, and waits, sends on drop by drop, or leaves at once."""
    while time.monotonic() < until:
        with suppress(OSError), connected(port, 5) as connection:
            connection.sendall(sent)
            answers["held"] += 1
            if leaves:
                continue
            while drip and time.monotonic() < until:
                connection.sendall(drip)
                answers["drips"] += 1
                time.sleep(0.3)
            connection.settimeout(max(0.1, until - time.monotonic()))
            connection.recv(1000)


HEAD = b"POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
HOLDS: dict[str, tuple[int, bytes, dict[str, Any]]] = {
    "idle": (300, b"", {}),
    "heads": (300, HEAD, {}),
    "bodies": (30, HEAD + b"Content-Length: 16000000\r\n\r\n[" + b" " * 15_000_000, {}),
    "chunks": (300, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", {"drip": b"1\r\n \r\n"}),
    "leaving": (4, HEAD + b"Content-Length: 16000000\r\n\r\n[", {"leaves": True}),
    "unread": (30, b"GET /static/swagger-ui/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n\r\n" * 500, {}),
}
"""How many connections are held, after which bytes, and how they go on."""


GOOD_RATE = 900
"""Requests a second of all good clients: a little less than one address may send by default."""


def main() -> None:
    """Send for some seconds."""
    kind, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    answers: Counter[str] = Counter()
    until = time.monotonic() + seconds
    if kind in HOLDS:
        count, sent, goes_on = HOLDS[kind]
        threads = [threading.Thread(target=hold, args=[port, until, answers, sent], kwargs=goes_on) for _ in range(count)]
    else:
        request = good() if kind == "good" else ATTACKS[kind]()
        count = int(sys.argv[4]) if sys.argv[4:] else 8
        every = count / GOOD_RATE if kind == "good" else 0
        threads = [threading.Thread(target=send, args=[request, port, until, answers, every]) for _ in range(count)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(0.25)
        print(json.dumps(answers), flush=True)


if __name__ == "__main__":
    main()
