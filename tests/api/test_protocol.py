"""What no client of good faith sends: each is answered or ended within seconds, says nothing of the inside, and harms nobody else."""

import gzip
import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from ads_pipeline.api.app import create_app
from ads_pipeline.api.connection import PIPELINED
from ads_pipeline.api.keys import make_key
from ads_pipeline.api.metrics import exposition
from ads_pipeline.settings import load_settings
from tests.api.conftest import Service, event

EVENT = json.dumps(event(1)).encode()
END = b"Connection: close\r\n\r\n"


def get(path: bytes, *headers: bytes, host: bytes = b"Host: localhost\r\n") -> bytes:
    return b"GET " + path + b" HTTP/1.1\r\n" + host + b"".join(header + b"\r\n" for header in headers) + END


def post(body: bytes, *headers: bytes, kind: bytes = b"application/json") -> bytes:
    head = b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: " + kind + b"\r\n"
    return head + b"".join(header + b"\r\n" for header in headers) + b"Content-Length: %d\r\n\r\n" % len(body) + body


def raw(rest: bytes) -> bytes:
    return b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n" + rest


def with_cost(cost: bytes) -> bytes:
    return EVENT.replace(b"0.25", cost)


CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
NESTED = b'{"a":' * 100_000 + b"1" + b"}" * 100_000

CASES: dict[str, tuple[int, bytes]] = {
    # framing: what one server reads as one request, and another as two
    "two equal lengths": (400, raw(b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}")),
    "two lengths": (400, raw(b"Content-Length: 2\r\nContent-Length: 50\r\n\r\n{}")),
    "length and chunks": (400, raw(b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")),
    "chunked twice": (400, raw(b"Transfer-Encoding: chunked, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")),
    "another transfer encoding": (400, raw(b"Transfer-Encoding: gzip\r\n\r\n{}")),
    "negative length": (400, raw(b"Content-Length: -1\r\n\r\n{}")),
    "length beyond 64 bits": (400, raw(b"Content-Length: 99999999999999999999999\r\n\r\n{}")),
    "length in other digits": (400, raw(b"Content-Length: \xb2\r\n\r\n{}")),
    "chunk that is none": (400, raw(b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}")),
    "chunk with a long extension": (202, raw(CHUNKED + b"%x;%b\r\n%b\r\n0\r\n\r\n" % (len(EVENT), b"a" * 200_000, EVENT))),
    "many trailers": (202, raw(CHUNKED + b"%x\r\n%b\r\n0\r\n%b\r\n" % (len(EVENT), EVENT, b"X: y\r\n" * 50_000))),
    "chunks of a byte": (400, raw(CHUNKED + b"1\r\n \r\n" * 100_000 + b"0\r\n\r\n")),
    "folded header": (400, get(b"/healthz", b"X: a\r\n b")),
    "space in the name of a header": (400, get(b"/healthz", b"X Y: z")),
    "binary": (400, bytes(range(255, 0, -1)) * 20),
    "tls": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 500),
    "http 2": (400, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "tunnel": (400, b"CONNECT a:1 HTTP/1.1\r\nHost: localhost\r\n" + END),
    "websocket": (405, get(b"/v1/events", b"Upgrade: websocket", b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")),
    # addresses
    "absolute address": (202, post(EVENT).replace(b"/v1/events", b"http://evil.example/v1/events", 1)),
    "address of two slashes": (404, get(b"//evil.example/v1/drops")),
    "asterisk": (404, b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n" + END),
    "nul in a name": (404, get(b"/v1/drops/%00")),
    "broken escapes": (404, get(b"/v1/drops/%zz%ff%fe")),
    "way up": (404, get(b"/v1/drops/../../../../etc/passwd")),
    "escaped way up": (404, get(b"/static/%2e%2e/%2e%2e/app.py")),
    "many conditions": (422, get(b"/v1/rollups/campaign_daily?" + b"&".join(b"where=a=%d" % number for number in range(5000)))),
    # headers
    "second host": (403, get(b"/v1/drops", b"Host: evil.example")),
    "first host": (403, get(b"/v1/drops", b"Host: localhost", host=b"Host: evil.example\r\n")),
    "host that is no address": (403, get(b"/v1/drops", host=b"Host: [::1.evil.example\r\n")),
    "second origin": (403, get(b"/v1/drops", b"Origin: http://localhost", b"Origin: http://evil.example")),
    "origin that is no address": (403, get(b"/v1/drops", b"Origin: http://[")),
    "key in other letters": (401, get(b"/v1/drops", b"Authorization: Bearer \xff\xfe")),
    "long accept": (406, get(b"/v1/rollups/campaign_daily", b"Accept: " + b",".join(b"a/b;q=0.%d" % number for number in range(4000)))),
    "long key of a request": (422, post(EVENT, b"Idempotency-Key: " + b"a" * 5000)),
    "other charset": (415, post(EVENT, kind=b"application/json; charset=utf-16")),
    "two encodings": (415, post(gzip.compress(gzip.compress(EVENT)), b"Content-Encoding: gzip, gzip")),
    # bodies
    "gzip in gzip": (400, post(gzip.compress(gzip.compress(bytes(10_000_000))), b"Content-Encoding: gzip")),
    "arrays without end": (400, post(b"[" * 1_000_000)),
    "nested objects": (400, post(NESTED)),
    "nested objects on a line": (422, post(NESTED, kind=b"application/x-ndjson")),
    "nested attributes": (422, post(EVENT[:-1] + b',"attributes":' + NESTED + b"}", kind=b"application/x-ndjson")),
    "number of a million digits": (422, post(EVENT[:-1] + b',"quantity":' + b"9" * 900_000 + b"}")),
    "number beyond doubles": (422, post(with_cost(b"1e999999999"))),
    "not a number": (400, post(with_cost(b"NaN"))),
    "invalid utf-8": (422, post(EVENT.replace(b"c1", b"\xff\xfe"))),
    "overlong utf-8": (422, post(EVENT.replace(b"c1", b"\xc0\x80"))),
    "half a surrogate": (400, post(EVENT.replace(b"c1", b"\\ud800"))),
    "utf-16": (400, post(EVENT.decode().encode("utf-16"))),
    "a field ten thousand times": (422, post(EVENT[:-1] + b',"cost":1' * 10_000 + b"}")),
    "ninety thousand keys": (422, post(EVENT[:-1] + b"".join(b',"k%d":1' % number for number in range(90_000)) + b"}")),
    "ten million lines": (413, post(b"\n" * 10_000_000, kind=b"application/x-ndjson")),
    "nothing but spaces": (400, post(b" " * 1_000_000)),
}  # fmt: skip


def talk(port: int, sent: bytes, *, half_closed: bool = False) -> bytes:
    """What is answered until the connection ends; sends on while it is answered, as a hostile client need not listen."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=15) as connection, suppress(ConnectionError):
        connection.sendall(sent)
        if half_closed:
            connection.shutdown(socket.SHUT_WR)
        while piece := connection.recv(65536):
            answer += piece
    return answer


@pytest.mark.further
def test_each_is_answered_soon_and_the_next_request_is_too(serve: Callable[..., Service]) -> None:
    service = serve("--open", api_stranger_rate="0")
    wrong = {}
    with httpx.Client(base_url=service.url) as good:
        for name, (status, sent) in CASES.items():
            talk(service.port, sent[:-1], half_closed=True)  # whoever goes in mid-request gets no answer, or the one to what came
            started = time.monotonic()
            answer = talk(service.port, sent)
            took = time.monotonic() - started
            told = int(answer.split(b" ")[1]) if answer.startswith(b"HTTP/1.1 ") else 0
            if told != status or took > 5 or len(answer) > 20_000 or str(service.home).encode() in answer:
                wrong[name] = told, round(took, 1), answer[:200]
            assert good.post("/v1/events", json=event(1)).status_code == 202, name
        labels = re.findall("^ads_http_requests_total", good.get("/metrics").text, re.MULTILINE)
    assert wrong == {}
    assert "Traceback" not in service.log
    assert len(list(Path(f"/proc/{service.process.pid}/fd").iterdir())) < 60
    assert len(labels) < 30


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[tuple[TestClient, str]]:
    key, entry = make_key("shop", ("write", "read-drops", "read-analytics"))
    with TestClient(create_app(load_settings(home=tmp_path, api_keys=entry, api_stranger_rate=0, log_level="ERROR"))) as service:
        yield service, key


@pytest.mark.further
def test_some_requests_may_wait_on_a_connection_and_thousands_may_not(serve: Callable[..., Service]) -> None:
    service = serve("--open", api_stranger_rate="0")
    one = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert talk(service.port, one * PIPELINED + get(b"/healthz")).count(b"HTTP/1.1 200 ") == PIPELINED + 1
    assert talk(service.port, one * 10_000 + get(b"/healthz")).count(b"HTTP/1.1 ") <= PIPELINED + 1
    assert httpx.get(f"{service.url}/healthz").status_code == 200
    assert "Traceback" not in service.log


def test_what_strangers_make_up_adds_nothing_to_the_metrics(strict: tuple[TestClient, str]) -> None:
    """Each label has few values, whatever paths, methods, keys and fields are sent."""
    service, key = strict
    told = []
    for number in range(2):
        for path in range(10 * number, 10 * number + 10):
            service.get(f"/{path}", headers={"Authorization": f"Bearer {path}"})
            service.request(f"METHOD{path}", f"/v1/drops/{path}")
            service.get(f"/v1/drops/{path}", headers={"Authorization": f"Bearer {key}"})
            line = {f"field{path}": {"nested": path}, "event_type": f"type{path}"}
            service.post("/v1/events", json=line, headers={"Authorization": f"Bearer {key}"})
        told.append(set(re.findall(r"^(ads_(?:http|events)\S+) ", exposition().decode(), re.MULTILINE)))
    assert told[0] == told[1]
    assert len(told[0]) < 200  # of all tests of this process
