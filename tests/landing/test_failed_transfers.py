"""A drop that an endpoint does not deliver fails alone, with its reason, and within a bounded time."""

import time
from collections.abc import Callable
from itertools import repeat

import pytest

from ads_pipeline.errors import LandingError
from ads_pipeline.landing import endpoint as endpoint_module
from ads_pipeline.pipeline.ledger import retry
from tests.engine.conftest import Home, event
from tests.landing.endpoints import (
    BAD,
    Answer,
    Endpoint,
    Handler,
    always,
    broken,
    dripping,
    etag_of,
    first_time,
    listed,
    listing,
    names,
    offered,
)

pytestmark = pytest.mark.further


def endless(_: Handler) -> Answer:
    return 200, {}, repeat(b"\n" * 65536)


def endless_hints(request: Handler) -> Answer:
    """Headers of answers to come, for ever."""
    while True:
        request.wfile.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        time.sleep(0.02)


def dripping_head(request: Handler) -> Answer:
    """A header that never ends."""
    request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        request.wfile.write(b"a")
        time.sleep(0.02)


def cut_short(request: Handler) -> Answer:
    """All there is, and a byte less than was listed."""
    start = int(request.headers.get("Range", "bytes=0-")[6:-1])
    data = offered(request)
    return 206 if start else 200, {"Content-Range": f"bytes {start}-", "ETag": f'"{etag_of(data)}"'}, iter([data[start:-1]])


def other_range(request: Handler) -> Answer:
    data = offered(request)
    headers = {"Content-Range": f"bytes 1-{len(data)}/{len(data)}", "ETag": f'"{etag_of(data)}"'}
    return (206, headers, data[1:]) if request.headers["Range"] else broken(data, after=50)


def untagged_range(request: Handler) -> Answer:
    data = offered(request)
    return (206, {"Content-Range": f"bytes 50-{len(data)}/{len(data)}"}, data[50:]) if request.headers["Range"] else broken(data, after=50)


AGAIN = "the next ingest tries again"
RETRY = "then `ads drops retry`"
FAULTS = {
    "changed": (always(412), "the drop has changed since it was listed", AGAIN),
    "another ETag": (always(200, {"ETag": '"other"'}, b"\n"), "the drop has changed since it was listed", AGAIN),
    "unavailable": (always(503, {"Retry-After": "1"}), "HTTP status 503", AGAIN),
    "cut short": (cut_short, "bytes, and", AGAIN),
    "announces fewer": (always(200, {}, b"\n"), "it announces 1 bytes", RETRY),
    "announces more": (always(200, {}, b"\n" * 9999), "it announces 9999 bytes", RETRY),
    "sends more": (lambda request: (200, {}, iter([offered(request), b"\n"])), "it sends more than the", RETRY),
    "endless": (endless, "it sends more than the", RETRY),
    "no token": (always(401), "set ADS_LANDING_TOKEN", RETRY),
    "no right": (always(403), "this token may not read drops", RETRY),
    "unasked range": (always(206, {}, b"\n"), "HTTP status 206", RETRY),
    "other range": (other_range, "it sends another range than was asked for", RETRY),
    "untagged range": (untagged_range, "it sends a range without an ETag", RETRY),
    "gzip": (always(200, {"Content-Encoding": "gzip"}, b"\n"), "it compresses the transfer", RETRY),
    "redirect to no URL": (always(302, {"Location": "http://["}), "it redirects to an invalid URL", RETRY),
    "redirect to no port": (always(302, {"Location": "http://127.0.0.1:port/"}), "it redirects to an invalid URL", RETRY),
    "round and round": (lambda request: (302, {"Location": request.path}, b""), "it redirects more than 3 times", RETRY),
}


def test_drops_that_cannot_be_brought_fail_alone(home: Home, endpoint: Endpoint) -> None:
    drops = {f"events/{name}.ndjson": fault for name, fault in FAULTS.items()}
    for number, (drop, (fault, _, _)) in enumerate(drops.items()):
        endpoint.land(drop, event(10 + number))
        endpoint.spoil(drop, fault)
    report = home.ingest()
    assert (report.drops, report.counts.accepted, set(report.errors)) == (2, 3, set(drops))
    for drop, (_, told, remedy) in drops.items():
        assert told in report.errors[drop], drop
        assert remedy in report.errors[drop], drop
    endpoint.faults.clear()
    assert home.ingest().drops == [remedy for _, _, remedy in drops.values()].count(AGAIN)
    assert set(retry(home.warehouse, [])) == {drop for drop, (_, _, remedy) in drops.items() if remedy is RETRY}
    assert home.ingest().drops == [remedy for _, _, remedy in drops.values()].count(RETRY)


@pytest.mark.parametrize("status", [404, 410])
def test_a_drop_that_was_removed_after_it_was_listed_ends_as_vanished(home: Home, endpoint: Endpoint, status: int) -> None:
    endpoint.spoil(BAD, always(status))
    report = home.ingest()
    assert (report.errors, report.counts.accepted) == ({}, 1)
    ended = {"drop": BAD, "status": "vanished"}
    assert home.ask(f"SELECT drop, toString(status) AS status FROM drops FINAL WHERE drop = '{BAD}'") == [ended]
    endpoint.faults.clear()
    assert home.ingest().drops == 1, "it is there again"


def test_a_transfer_that_never_ends_has_a_deadline(home: Home, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint_module, "DROP_SECONDS", 0.5)
    endpoint.spoil(BAD, dripping)
    report = home.ingest()
    assert report.counts.accepted == 1
    assert "the response did not end before the deadline" in report.errors[BAD]


@pytest.mark.parametrize("fault", [endless_hints, dripping_head])
def test_headers_that_never_end_have_a_deadline(
    fault: Callable[[Handler], Answer], home: Home, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint_module, "DROP_SECONDS", 0.5)
    monkeypatch.setattr(endpoint_module, "LISTING_SECONDS", 0.5)
    endpoint.spoil(BAD, fault)
    report = home.ingest()
    assert report.counts.accepted == 1
    assert "the response did not end before the deadline" in report.errors[BAD]
    endpoint.faults["/drops"] = fault
    with pytest.raises(LandingError, match="the response did not end before the deadline"):
        names(endpoint.url)


def test_a_size_that_is_a_lie_buys_no_time(home: Home, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint_module, "DROP_SECONDS", 0.5)
    items = [listed(name, data, **({"size": 2**62} if name == BAD else {})) for name, data in endpoint.drops.items()]
    endpoint.faults["/drops"] = lambda _: listing(*items)
    endpoint.spoil(BAD, dripping)
    report = home.ingest()
    assert report.counts.accepted == 1
    assert "the response did not end before the deadline" in report.errors[BAD]


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
    assert len(endpoint.asked_for(BAD)) == endpoint_module.FETCH_TRIES
    assert pauses == [0.5, 1, 2, 4, 8]


def test_no_other_host_is_asked(home: Home, endpoint: Endpoint, make_endpoint: Callable[[], Endpoint]) -> None:
    other = make_endpoint()
    other.drops[BAD] = endpoint.drops[BAD]
    endpoint.spoil(BAD, always(302, {"Location": f"{other.url}/drops/{BAD}"}))
    report = home.ingest()
    assert (report.counts.accepted, other.asked) == (1, [])
    assert "it redirects to another host, 127.0.0.1" in report.errors[BAD]


def test_what_changed_after_the_listing_is_loaded_by_the_next_ingest(home: Home, endpoint: Endpoint) -> None:
    def change(request: Handler) -> Answer:
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
