"""Drops behind HTTP: an endpoint that does whatever a test wants, and the server that the protocol's page has in its appendix."""

import gc
import hashlib
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import repeat
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import pytest

from ads_pipeline.errors import LandingError, SettingsError
from ads_pipeline.landing import exchange, http, open_store
from ads_pipeline.pipeline.ledger import retry
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.opening import open_warehouse
from tests.engine.conftest import Home, event

PROTOCOL = Path(__file__).parents[2] / "docs" / "landing-protocol.md"
TOKEN = "the-token"
GOOD, BAD = "events/good.ndjson", "events/bad.ndjson"

Body = bytes | Iterator[bytes]
Answer = tuple[int, dict[str, str], Body]


class Endpoint(ThreadingHTTPServer):
    """Lists and sends `drops`, and keeps what it was `asked`; a fault by the path under /v1 answers in place of it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        self.drops: dict[str, bytes] = {}
        self.faults: dict[str, Callable[[Request], Answer | None]] = {}
        self.asked: list[Request] = []
        self.page = 1000

    def land(self, name: str, *events: dict[str, Any]) -> None:
        self.drops[name] = "".join(json.dumps(line) + "\n" for line in events).encode()

    def spoil(self, name: str, fault: Callable[["Request"], Answer | None]) -> None:
        self.faults[f"/drops/{quote(name)}"] = fault

    def asked_for(self, name: str) -> list["Request"]:
        return [request for request in self.asked if request.path == f"/v1/drops/{quote(name)}"]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has had enough hangs up."""


class Request(BaseHTTPRequestHandler):
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


@pytest.fixture
def make_endpoint() -> Iterator[Callable[[], Endpoint]]:
    started: list[Endpoint] = []

    def make() -> Endpoint:
        started.append(Endpoint())
        threading.Thread(target=started[-1].serve_forever, args=(0.02,), daemon=True).start()
        return started[-1]

    yield make
    for server in started:
        server.shutdown()
        server.server_close()


@pytest.fixture
def endpoint(make_endpoint: Callable[[], Endpoint]) -> Endpoint:
    """With a drop that is as it should be, and one for a test to spoil."""
    found = make_endpoint()
    found.land(GOOD, event(1))
    found.land(BAD, event(2), event(3))
    return found


@pytest.fixture
def home(endpoint: Endpoint, tmp_path: Path) -> Iterator[Home]:
    settings = load_settings(home=tmp_path, landing_url=endpoint.url, landing_token=TOKEN)
    with open_warehouse(settings, write=True) as warehouse:
        yield Home(settings, warehouse)


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between tries, which tests do not wait for."""
    found: list[float] = []
    monkeypatch.setattr(exchange, "time", SimpleNamespace(monotonic=time.monotonic, sleep=found.append))
    return found


def names(url: str, token: str = TOKEN) -> list[str]:
    return [drop.name for drop in open_store(load_settings(landing_url=url, landing_token=token)).list()]


def first_time(answer: Callable[[Request], Answer]) -> Callable[[Request], Answer | None]:
    """A fault that is over when it has been met once."""
    waiting = [answer]
    return lambda request: waiting.pop()(request) if waiting else None


def always(status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> Callable[[Request], Answer]:
    return lambda _: (status, headers or {}, body)


# Drops that come in the end


def test_drops_are_loaded_once_and_asked_for_by_etag_and_token(home: Home, endpoint: Endpoint) -> None:
    assert home.ingest().counts.accepted == 3
    assert home.ingest().drops == 0
    (asked,) = endpoint.asked_for(GOOD)
    assert asked.headers["If-Match"] == f'"{etag_of(endpoint.drops[GOOD])}"'
    assert (asked.headers["Accept-Encoding"], asked.headers["Range"]) == ("identity", None)
    assert {request.headers["Authorization"] for request in endpoint.asked} == {f"Bearer {TOKEN}"}


def broken(data: bytes, *, after: int) -> Answer:
    """Fewer bytes than are announced."""
    return 200, {"Content-Length": str(len(data)), "ETag": f'"{etag_of(data)}"'}, data[:after]


def test_a_broken_transfer_goes_on_where_it_broke_off(home: Home, endpoint: Endpoint, pauses: list[float]) -> None:
    data = endpoint.drops[BAD]
    endpoint.spoil(BAD, first_time(lambda _: broken(data, after=50)))
    assert home.ingest().counts.accepted == 3
    first, second = endpoint.asked_for(BAD)
    assert (first.headers["Range"], second.headers["Range"]) == (None, "bytes=50-")
    assert second.headers["If-Match"] == first.headers["If-Match"] == f'"{etag_of(data)}"'
    assert pauses == [0.5]


def test_progress_is_worth_more_tries(home: Home, endpoint: Endpoint, pauses: list[float]) -> None:
    def a_tenth(request: Request) -> Answer:
        status, headers, body = request.by_protocol()
        return status, headers | {"Content-Length": str(len(body))}, body[: len(data) // 10]

    data = endpoint.drops[BAD]
    endpoint.spoil(BAD, a_tenth)
    assert home.ingest().counts.accepted == 3
    assert len(endpoint.asked_for(BAD)) >= 10 > exchange.TRIES
    assert set(pauses) == {0.5}


def test_an_endpoint_that_ignores_ranges_begins_anew(home: Home, endpoint: Endpoint) -> None:
    data = endpoint.drops[BAD]
    answers = iter([broken(data, after=50), broken(data, after=70), broken(data, after=len(data))])
    endpoint.spoil(BAD, lambda _: next(answers))
    assert home.ingest().counts.accepted == 3
    assert [request.headers["Range"] for request in endpoint.asked_for(BAD)] == [None, "bytes=50-", "bytes=70-"]


def test_a_transfer_that_breaks_after_its_last_byte_is_whole(home: Home, endpoint: Endpoint) -> None:
    data = endpoint.drops[BAD]
    chunks = b"%x\r\n%b\r\n" % (len(data), data)  # and no last one
    endpoint.spoil(
        BAD, lambda request: (416, {}, b"") if request.headers["Range"] else (200, {"Transfer-Encoding": "chunked"}, iter([chunks]))
    )
    assert home.ingest().counts.accepted == 3


def test_an_endpoint_that_is_busy_is_asked_again_when_it_says(home: Home, endpoint: Endpoint, pauses: list[float]) -> None:
    soon = format_datetime(datetime.now(UTC).replace(microsecond=0), usegmt=True)
    answers = iter([always(503, {"Retry-After": after})(None) for after in ("7", soon, "soon", "3600")])
    endpoint.spoil(BAD, lambda _: next(answers, None))
    assert home.ingest().counts.accepted == 3
    assert pauses == [7.0, 0.0, 2.0, 30.0]


def test_a_redirect_within_the_host_is_followed(home: Home, endpoint: Endpoint) -> None:
    data = endpoint.drops[BAD]
    endpoint.spoil(BAD, always(307, {"Location": "/v1/elsewhere?a=b"}))
    endpoint.faults["/elsewhere"] = lambda _: broken(data, after=len(data))
    assert home.ingest().counts.accepted == 3
    assert endpoint.asked[-1].headers["Authorization"] == f"Bearer {TOKEN}"


# Drops that fail alone


def offered(request: Request) -> bytes:
    """What the drop asked for has."""
    return request.server.drops[unquote(request.path.removeprefix("/v1/drops/"))]


def endless(_: Request) -> Answer:
    return 200, {}, repeat(b"\n" * 65536)


def dripping(request: Request) -> Answer:
    """Too slow for its size, and for ever."""

    def drip() -> Iterator[bytes]:
        while True:
            time.sleep(0.02)
            yield b"\n"

    return 200, {}, drip()


def endless_hints(request: Request) -> Answer:
    """Headers of answers to come, for ever."""
    while True:
        request.wfile.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        time.sleep(0.02)


def dripping_head(request: Request) -> Answer:
    """A header that never ends."""
    request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        request.wfile.write(b"a")
        time.sleep(0.02)


def cut_short(request: Request) -> Answer:
    """All there is, and a byte less than was listed."""
    start = int(request.headers.get("Range", "bytes=0-")[6:-1])
    data = offered(request)
    return 206 if start else 200, {"Content-Range": f"bytes {start}-", "ETag": f'"{etag_of(data)}"'}, iter([data[start:-1]])


def other_range(request: Request) -> Answer:
    data = offered(request)
    headers = {"Content-Range": f"bytes 1-{len(data)}/{len(data)}", "ETag": f'"{etag_of(data)}"'}
    return (206, headers, data[1:]) if request.headers["Range"] else broken(data, after=50)


def untagged_range(request: Request) -> Answer:
    data = offered(request)
    return (206, {"Content-Range": f"bytes 50-{len(data)}/{len(data)}"}, data[50:]) if request.headers["Range"] else broken(data, after=50)


AGAIN = "the next ingest tries again"
RETRY = "then `ads drops retry`"
FAULTS = {
    "changed": (always(412), "the drop has changed since it was listed", AGAIN),
    "another ETag": (always(200, {"ETag": '"other"'}, b"\n"), "the drop has changed since it was listed", AGAIN),
    "removed": (always(404), "it was removed after it was listed", AGAIN),
    "unavailable": (always(503, {"Retry-After": "1"}), "it answers 503", AGAIN),
    "cut short": (cut_short, "bytes, and", AGAIN),
    "announces fewer": (always(200, {}, b"\n"), "it announces 1 bytes", RETRY),
    "announces more": (always(200, {}, b"\n" * 9999), "it announces 9999 bytes", RETRY),
    "sends more": (lambda request: (200, {}, iter([offered(request), b"\n"])), "it sends more than the", RETRY),
    "endless": (endless, "it sends more than the", RETRY),
    "no token": (always(401), "set ADS_LANDING_TOKEN", RETRY),
    "no right": (always(403), "this token may not read drops", RETRY),
    "gone for good": (always(410), "it answers 410", RETRY),
    "unasked range": (always(206, {}, b"\n"), "it answers 206", RETRY),
    "other range": (other_range, "it sends another range than was asked for", RETRY),
    "untagged range": (untagged_range, "it sends no ETag", RETRY),
    "gzip": (always(200, {"Content-Encoding": "gzip"}, b"\n"), "it compresses the transfer", RETRY),
    "redirect to no URL": (always(302, {"Location": "http://["}), "it redirects to what is no URL", RETRY),
    "redirect to no port": (always(302, {"Location": "http://127.0.0.1:port/"}), "it redirects to what is no URL", RETRY),
    "round and round": (lambda request: (302, {"Location": request.path}, b""), "it redirects more than 3 times", RETRY),
}


def test_drops_that_cannot_be_brought_fail_alone(home: Home, endpoint: Endpoint) -> None:
    drops = {f"events/{name}.ndjson": fault for name, fault in FAULTS.items()}
    for number, (drop, (fault, _, _)) in enumerate(drops.items()):
        endpoint.land(drop, event(10 + number))
        endpoint.spoil(drop, fault)
    report = home.ingest()
    assert (report.drops, report.counts.accepted, report.errors.keys()) == (2, 3, drops.keys())
    for drop, (_, told, remedy) in drops.items():
        assert told in report.errors[drop], drop
        assert remedy in report.errors[drop], drop
    endpoint.faults.clear()
    assert home.ingest().drops == [remedy for _, _, remedy in drops.values()].count(AGAIN)
    assert set(retry(home.warehouse, [])) == {drop for drop, (_, _, remedy) in drops.items() if remedy is RETRY}
    assert home.ingest().drops == [remedy for _, _, remedy in drops.values()].count(RETRY)


def test_a_transfer_that_never_ends_has_a_deadline(home: Home, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "DROP_SECONDS", 0.5)
    endpoint.spoil(BAD, dripping)
    report = home.ingest()
    assert report.counts.accepted == 1
    assert "the answer did not end before the deadline" in report.errors[BAD]


@pytest.mark.parametrize("fault", [endless_hints, dripping_head])
def test_headers_that_never_end_have_a_deadline(
    fault: Callable[[Request], Answer], home: Home, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "DROP_SECONDS", 0.5)
    monkeypatch.setattr(http, "LISTING_SECONDS", 0.5)
    endpoint.spoil(BAD, fault)
    report = home.ingest()
    assert report.counts.accepted == 1
    assert "the answer did not end before the deadline" in report.errors[BAD]
    endpoint.faults["/drops"] = fault
    with pytest.raises(LandingError, match="the answer did not end before the deadline"):
        names(endpoint.url)


def test_a_size_that_is_a_lie_buys_no_time(home: Home, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "DROP_SECONDS", 0.5)
    items = [listed(name, data, **({"size": 2**62} if name == BAD else {})) for name, data in endpoint.drops.items()]
    endpoint.faults["/drops"] = lambda _: listing(*items)
    endpoint.spoil(BAD, dripping)
    report = home.ingest()
    assert report.counts.accepted == 1
    assert "the answer did not end before the deadline" in report.errors[BAD]


def test_a_redirect_to_nowhere_is_asked_for_once(home: Home, endpoint: Endpoint, pauses: list[float]) -> None:
    for number, location in enumerate(("http://[", "http://127.0.0.1:port/", "http://")):
        endpoint.asked.clear()
        endpoint.land(f"events/{number}.ndjson", event(1))
        endpoint.spoil(f"events/{number}.ndjson", always(302, {"Location": location}))
        assert home.ingest().failed_drops == 1
    assert pauses == []


def test_tries_are_bounded(home: Home, endpoint: Endpoint, pauses: list[float]) -> None:
    endpoint.spoil(BAD, always(503))
    assert home.ingest().failed_drops == 1
    assert len(endpoint.asked_for(BAD)) == exchange.TRIES
    assert pauses == [0.5, 1, 2, 4, 8]


def test_no_other_host_is_asked(home: Home, endpoint: Endpoint, make_endpoint: Callable[[], Endpoint]) -> None:
    other = make_endpoint()
    other.drops[BAD] = endpoint.drops[BAD]
    endpoint.spoil(BAD, always(302, {"Location": f"{other.url}/drops/{BAD}"}))
    report = home.ingest()
    assert (report.counts.accepted, other.asked) == (1, [])
    assert "it redirects to another host, 127.0.0.1" in report.errors[BAD]


def test_what_changed_after_the_listing_is_loaded_by_the_next_ingest(home: Home, endpoint: Endpoint) -> None:
    def change(request: Request) -> Answer:
        endpoint.land(BAD, event(4))
        return request.by_protocol()

    endpoint.spoil(BAD, first_time(change))
    assert "has changed since it was listed" in home.ingest().errors[BAD]
    assert home.ingest().counts.accepted == 1
    assert [row["event_id"] for row in home.ask("SELECT event_id FROM events FINAL ORDER BY event_id")] == ["e1", "e4"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("etag", "ä"),
        ("etag", "a\r\nX-Other: b"),
        ("source", "nobody"),
    ],
)
def test_a_listed_field_that_cannot_be_used_fails_its_drop_alone(field: str, value: str, home: Home, endpoint: Endpoint) -> None:
    items = [listed(name, data, **({field: value} if name == BAD else {})) for name, data in endpoint.drops.items()]
    endpoint.faults["/drops"] = lambda _: listing(*items)
    report = home.ingest()
    assert (report.counts.accepted, list(report.errors)) == (1, [BAD])
    assert "X-Other" not in report.errors[BAD]


def test_versions_are_not_mixed_when_there_is_no_etag(home: Home, endpoint: Endpoint) -> None:
    old, new = endpoint.drops[BAD], endpoint.drops[BAD].replace(b"e2", b"e4").replace(b"e3", b"e5")
    rest = (206, {"Content-Range": f"bytes 50-{len(new) - 1}/{len(new)}"}, new[50:])
    endpoint.spoil(BAD, lambda request: rest if request.headers["Range"] else (200, {"Content-Length": str(len(old))}, old[:50]))
    assert home.ingest().counts.accepted == 1


def test_a_retry_after_of_nonsense_fails_its_drop_alone(home: Home, endpoint: Endpoint) -> None:
    endpoint.spoil(BAD, always(503, {"Retry-After": f"Mon, 01 Jan 2024 00:00:00 +{'9' * 20}"}))
    assert home.ingest().counts.accepted == 1


# Listings


def test_a_listing_of_several_pages(endpoint: Endpoint) -> None:
    endpoint.page = 1
    endpoint.land("events/third.ndjson", event(4))
    assert names(endpoint.url) == [GOOD, BAD, "events/third.ndjson"]
    queries = [dict(parse_qsl(urlsplit(request.path).query)) for request in endpoint.asked]
    assert queries == [{"limit": "1000"}] + [{"after": f"é /?&=+%20:{place}", "limit": "1000"} for place in (1, 2)]


def test_a_page_is_asked_for_again(endpoint: Endpoint, pauses: list[float]) -> None:
    answers = iter([always(429, {"Retry-After": "2"})(None), (200, {"Content-Length": "99"}, b'{"drops": [')])
    endpoint.faults["/drops"] = lambda _: next(answers, None)
    assert names(endpoint.url) == [GOOD, BAD]
    assert pauses == [2.0, 1.0]


LISTINGS = {
    "leads back": (lambda _: listing(listed(GOOD, b"\n"), following="1"), "leads back to '1'"),
    "empty pages": (lambda request: listing(following=request.path), "or to empty pages"),
    "no JSON": (always(200, {}, b"<html>"), "does not speak the landing protocol: the body: Invalid JSON"),
    "no object": (always(200, {}, b"[]"), "does not speak the landing protocol: the body"),
    "no drops": (always(200, {}, b"{}"), "drops: Field required"),
    "no name": (always(*listing({"size": 1})), "drops.0.name: Field required"),
    "empty name": (always(*listing(listed("", b""))), "drops.0.name: String should have at least 1 character"),
    "negative size": (always(*listing(listed(GOOD, b"", size=-1))), "drops.0.size: Input should be greater than or equal to 0"),
    "time without offset": (
        always(*listing(listed(GOOD, b"", landed_at="2026-11-24T10:00:00"))),
        "drops.0.landed_at: Input should have timezone",
    ),
    "no such time": (always(*listing(listed(GOOD, b"", landed_at="2150-01-01T00:00:00Z"))), "drops.0.landed_at: Input should be less"),
    "number as cursor": (always(200, {}, b'{"drops": [], "next": 1}'), "next: Input should be a valid string"),
    "gzip": (always(200, {"Content-Encoding": "gzip"}, b"\x1f\x8b"), "does not speak the landing protocol"),
    "too large": (always(200, {}, b" " * 2000), "a page of the listing is larger than 16 MiB"),
    "too slow": (dripping, "the answer did not end before the deadline"),
    "no token": (always(401), "it does not take this token, set ADS_LANDING_TOKEN"),
    "no right": (always(403), "this token may not read drops"),
    "no protocol": (always(404), "it has nothing there, or speaks no landing protocol"),
    "unavailable": (always(503), "it answers 503"),
    "no HTTP": (lambda _: (200, {"Content-Length": "many"}, b""), "cannot be listed"),
}


@pytest.mark.parametrize(("fault", "told"), LISTINGS.values(), ids=LISTINGS)
def test_a_listing_that_cannot_be_used_is_one_clear_error(
    fault: Callable[[Request], Answer], told: str, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "PAGE_BYTES", 1000)
    monkeypatch.setattr(http, "LISTING_SECONDS", 0.5 if fault is dripping else 60)
    endpoint.faults["/drops"] = fault
    with pytest.raises(LandingError, match=re.escape(told)):
        names(endpoint.url)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(always(412), id="412"),
        pytest.param(
            always(*listing(listed(GOOD, b""), following="c" * 70_000)),
            id="long cursor",
        ),
    ],
)
def test_a_listing_that_is_odd_is_one_clear_error_too(fault: Callable[[Request], Answer], endpoint: Endpoint) -> None:
    endpoint.faults["/drops"] = fault
    with pytest.raises(LandingError, match="ADS_LANDING_URL"):
        names(endpoint.url)


def test_a_listing_is_not_redirected_to_another_host(endpoint: Endpoint, make_endpoint: Callable[[], Endpoint]) -> None:
    other = make_endpoint()
    endpoint.faults["/drops"] = always(301, {"Location": f"{other.url}/drops"})
    with pytest.raises(LandingError, match=r"it redirects to another host, 127\.0\.0\.1: if that is right, set ADS_LANDING_URL to it"):
        names(endpoint.url)
    assert other.asked == []


def test_what_is_listed_and_no_drop(endpoint: Endpoint) -> None:
    items = [GOOD, GOOD, "_hidden/a.ndjson", "events/.a.ndjson", "events/../../a.ndjson", "events/a.ndjson.tmp", "events/notes.txt", BAD]
    endpoint.faults["/drops"] = lambda _: listing(
        *(listed(name, bytes(place)) for place, name in enumerate(items)), {"later": 1} | listed("a.csv", b"")
    )
    drops = list(open_store(load_settings(landing_url=endpoint.url)).list())
    assert [(drop.name, drop.size) for drop in drops] == [(GOOD, 0), (GOOD, 1), (BAD, 7), ("a.csv", 0)]  # the ledger takes a name once


def test_odd_names_are_asked_for_as_they_are(home: Home, endpoint: Endpoint) -> None:
    odd = [
        "50 %.ndjson",
        "100%25.ndjson",
        "what?.ndjson",
        "a#b.ndjson",
        "Übersicht/日本.ndjson",
        "a;b&c=d+e.ndjson",
        "//x.ndjson",
        'tab\t\n".ndjson',
    ]
    for number, name in enumerate(odd):
        endpoint.land(name, event(10 + number))
    assert home.ingest().counts.accepted == 3 + len(odd)
    assert {row["drop"] for row in home.ask("SELECT drop FROM drops FINAL")} == {GOOD, BAD, *odd}


def test_days_come_from_the_name_or_the_time_of_landing(endpoint: Endpoint) -> None:
    endpoint.drops = {"events/dt=2026-11-01/a.ndjson": b"", "a.ndjson": b""}
    drops = open_store(load_settings(landing_url=endpoint.url)).list()
    assert [drop.landed_day.isoformat() for drop in drops] == ["2026-11-01", "2026-11-24"]


# Reaching it


def test_check_asks_for_one_drop(endpoint: Endpoint) -> None:
    store = open_store(load_settings(landing_url=endpoint.url.replace("//", "//me:password@"), landing_token=TOKEN))
    assert store.check() == f"endpoint {endpoint.url}"
    assert [request.path for request in endpoint.asked] == ["/v1/drops?limit=1"]


def test_a_store_that_is_let_go_leaves_no_connection_open(endpoint: Endpoint) -> None:
    endpoint.faults["/drops"] = always(200, {"Connection": "keep-alive"}, b'{"drops": []}')
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        assert names(endpoint.url) == []
        gc.collect()
    assert warned == []


def test_nobody_there(make_endpoint: Callable[[], Endpoint]) -> None:
    gone = make_endpoint()
    gone.shutdown()
    gone.server_close()
    with pytest.raises(LandingError, match=r"cannot be listed \(.*refused.*\): check ADS_LANDING_URL"):
        open_store(load_settings(landing_url=gone.url)).check()


@pytest.mark.parametrize(
    "url",
    [
        "https://",
        pytest.param("https://host:port/v1"),
    ],
)
def test_a_url_that_is_none(url: str) -> None:
    with pytest.raises(LandingError, match="ADS_LANDING_URL"):
        open_store(load_settings(landing_url=url)).check()


def test_a_certificate_has_to_be_trusted(endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not shutil.which("openssl"):
        pytest.skip("no openssl to make a certificate with")
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"]
    subprocess.run(
        [*request, "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate], check=True, capture_output=True
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    endpoint.socket = context.wrap_socket(endpoint.socket, server_side=True)
    url = endpoint.url.replace("http:", "https:")
    with pytest.raises(LandingError, match=r"its certificate is not trusted: .*self-signed certificate"):
        names(url)
    assert endpoint.asked == []
    monkeypatch.setenv("SSL_CERT_FILE", certificate)
    assert names(url) == [GOOD, BAD]


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_certificates_that_cannot_be_read(content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if content:
        (tmp_path / "certificates").write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificates"))
    with pytest.raises(SettingsError, match="SSL_CERT_FILE"):
        open_store(load_settings(landing_url="https://127.0.0.1/v1"))


# The protocol's page


def test_the_example_of_the_protocol_is_a_listing(endpoint: Endpoint) -> None:
    (example,) = re.findall(r"## 1\. Listing\n\n```json\n(.*?)```", PROTOCOL.read_text(), re.DOTALL)
    endpoint.faults["/drops"] = always(200, {}, example.encode())
    assert names(endpoint.url) == ["events/dt=2026-11-24/a.ndjson.gz"]


@pytest.fixture
def appendix(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the URL at which the page's server serves it."""
    (script,) = re.findall(r"## Appendix.*?```python\n(.*?)```", PROTOCOL.read_text(), re.DOTALL)
    (tmp_path / "server.py").write_text(script)
    folder = tmp_path / "offered"
    folder.mkdir()
    command = [sys.executable, str(tmp_path / "server.py"), str(folder), "0"]
    with subprocess.Popen(
        command, env=os.environ | {"TOKEN": TOKEN}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout
        yield folder, process.stdout.readline().strip()
        process.kill()


def test_the_appendix_of_the_protocol_is_an_endpoint(appendix: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "PAGE", 2)
    folder, url = appendix
    offered = ["a.ndjson", "events/50 %.ndjson", "events/dt=2026-11-01/ü#?.ndjson", "dt=2026-11-01/empty.ndjson", "events/.hidden.ndjson"]
    for number, name in enumerate(offered):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("" if "empty" in name else json.dumps(event(number)) + "\n")
    settings = load_settings(home=tmp_path, landing_url=url, landing_token=TOKEN)
    with open_warehouse(settings, write=True) as warehouse:
        home = Home(settings, warehouse)
        report = home.ingest()
        assert (report.drops, report.failed_drops, report.counts.accepted) == (4, 0, 3)
        (folder / "a.ndjson").write_text(json.dumps(event(9)) + "\n")
        assert home.ingest().counts.accepted == 1
    with pytest.raises(LandingError, match="set ADS_LANDING_TOKEN"):
        names(url, token="another")


def test_the_appendix_of_the_protocol_sends_ranges_of_what_was_listed(appendix: tuple[Path, str]) -> None:
    folder, url = appendix
    (folder / "a.ndjson").write_text("0123456789")
    (drop,) = open_store(load_settings(landing_url=url, landing_token=TOKEN)).list()

    def get(name: str, **headers: str) -> http.httpx.Response:
        return http.httpx.get(f"{url}/drops/{name}", headers={"Authorization": f"Bearer {TOKEN}"} | headers)

    part = get(drop.name, **{"Range": "bytes=7-", "If-Match": f'"{drop.etag}"'})
    assert (part.status_code, part.content, part.headers["Content-Range"]) == (206, b"789", "bytes 7-9/10")
    assert part.headers["ETag"] == f'"{drop.etag}"'
    assert (drop.source, drop.size, get(drop.name).content) == ("events", 10, b"0123456789")
    assert get(drop.name, **{"If-Match": '"other"'}).status_code == 412
    assert get("b.ndjson").status_code == get("../server.py").status_code == get("%2E%2E/server.py").status_code == 404
