"""A proxy on loopback that makes a real server misbehave."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, dict[str, str], bytes]


class Proxy(ThreadingHTTPServer):
    """Stands before a server of HTTP: keeps the paths asked for, and lets a test act first or answer itself (`answer`)."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.upstream = endpoint.removeprefix("http://")
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.asked: list[str] = []
        self.whole: list[str] = []  # without those that ask for a range
        self.answer: Callable[[Request], Answer | None] = lambda _request: None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed has hung up."""


class Request(BaseHTTPRequestHandler):
    """A request and its `body`."""

    server: Proxy
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.command == "GET":
            self.server.asked.append(self.path)
            self.server.whole += [] if "Range" in self.headers else [self.path]
        self.body = self.read_body()
        status, headers, body = self.server.answer(self) or self.pass_on()
        headers = {"Content-Length": str(len(body))} | {name.title(): value for name, value in headers.items()}
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        # a body that is shorter than its length is a connection that breaks off
        self.close_connection = self.command != "HEAD" and len(body) < int(headers["Content-Length"])

    do_HEAD = do_POST = do_GET

    def read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def pass_on(self) -> Answer:
        connection = HTTPConnection(self.server.upstream, timeout=30)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in ("transfer-encoding", "content-length")}
            connection.request(self.command, self.path, self.body or None, headers)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        dropped = ("transfer-encoding", "connection") + (() if self.command == "HEAD" else ("content-length",))
        return answer.status, {name: value for name, value in answer.getheaders() if name.lower() not in dropped}, body

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@contextmanager
def proxy_before(url: str) -> Iterator[Proxy]:
    """A proxy that is running."""
    with Proxy(url) as proxy:
        threading.Thread(target=proxy.serve_forever, args=(0.02,), daemon=True).start()
        yield proxy
        proxy.shutdown()
