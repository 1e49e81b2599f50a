"""An HTTP endpoint of the landing protocol that does whatever a test wants."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from ads_pipeline.landing import open_store
from ads_pipeline.settings import load_settings

TOKEN = "the-token"
GOOD, BAD = "events/good.ndjson", "events/bad.ndjson"

Body = bytes | Iterator[bytes]
Answer = tuple[int, dict[str, str], Body]


class Endpoint(ThreadingHTTPServer):
    """Lists and sends `drops`, and keeps what it was `asked`; a fault by the path under /v1 answers in place of it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        self.drops: dict[str, bytes] = {}
        self.faults: dict[str, Callable[[Handler], Answer | None]] = {}
        self.asked: list[Handler] = []
        self.page = 1000

    def land(self, name: str, *events: dict[str, Any]) -> None:
        self.drops[name] = "".join(json.dumps(line) + "\n" for line in events).encode()

    def spoil(self, name: str, fault: Callable[["Handler"], Answer | None]) -> None:
        self.faults[f"/drops/{quote(name)}"] = fault

    def asked_for(self, name: str) -> list["Handler"]:
        return [request for request in self.asked if request.path == f"/v1/drops/{quote(name)}"]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has had enough hangs up."""


class Handler(BaseHTTPRequestHandler):
    server: Endpoint
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.asked.append(self)
        fault = self.server.faults.get(urlsplit(self.path).path.removeprefix("/v1"))
        status, headers, body = (fault and fault(self)) or self.by_protocol()
        if isinstance(body, bytes):
            headers, body = {"Content-Length": str(len(body))} | headers, iter([body])
        self.send_response_only(status)
        for name, value in ({"Connection": "close"} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        for piece in body:
            self.wfile.write(piece)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def by_protocol(self) -> Answer:
        path = urlsplit(self.path).path
        if path == "/v1/drops":
            return self.listing()
        data = self.server.drops[unquote(path.removeprefix("/v1/drops/"))]
        if self.headers["If-Match"] != f'"{etag_of(data)}"':
            return 412, {}, b""
        start = int(self.headers.get("Range", "bytes=0-")[6:-1])
        ranged = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"} if start else {}
        return 206 if start else 200, {"ETag": f'"{etag_of(data)}"', **ranged}, data[start:]

    def listing(self) -> Answer:
        """Cursors are what a careless client would break."""
        query = dict(parse_qsl(urlsplit(self.path).query))
        start = int(query.get("after", "é /?&=+%20:0").rpartition(":")[2])
        end = start + self.server.page
        items = [listed(name, data) for name, data in self.server.drops.items()]
        return listing(*items[start:end], following=f"é /?&=+%20:{end}" if end < len(items) else None)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


def etag_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def listed(name: str, data: bytes, **fields: Any) -> dict[str, Any]:
    return {"name": name, "source": "events", "size": len(data), "etag": etag_of(data), "landed_at": "2026-11-24T10:00:00Z"} | fields


def listing(*items: dict[str, Any], following: str | None = None) -> Answer:
    return 200, {}, json.dumps({"drops": items, "next": following}).encode()


def names(url: str, token: str = TOKEN) -> list[str]:
    return [drop.name for drop in open_store(load_settings(landing_url=url, landing_token=token)).list()]


def first_time(answer: Callable[[Handler], Answer]) -> Callable[[Handler], Answer | None]:
    """A fault that is over when it has been met once."""
    waiting = [answer]
    return lambda request: waiting.pop()(request) if waiting else None


def always(status: int, headers: dict[str, str] | None = None, body: Body = b"") -> Callable[[Handler], Answer]:
    return lambda _: (status, headers or {}, body)


def broken(data: bytes, *, after: int) -> Answer:
    """Fewer bytes than are announced."""
    return 200, {"Content-Length": str(len(data)), "ETag": f'"{etag_of(data)}"'}, data[:after]


def offered(request: Handler) -> bytes:
    """What the drop asked for has."""
    return request.server.drops[unquote(request.path.removeprefix("/v1/drops/"))]


def dripping(request: Handler) -> Answer:
    """Too slow for its size, and for ever."""

    def drip() -> Iterator[bytes]:
        while True:
            time.sleep(0.02)
            yield b"\n"

    return 200, {}, drip()
