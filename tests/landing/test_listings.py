"""What an endpoint lists is checked; a listing that cannot be used is one clear error."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest

from ads_pipeline.errors import LandingError
from ads_pipeline.landing import endpoint as endpoint_module
from ads_pipeline.landing import open_store
from ads_pipeline.settings import load_settings
from tests.engine.conftest import Home, event
from tests.landing.endpoints import BAD, GOOD, Answer, Endpoint, Handler, always, dripping, listed, listing, names


def test_a_listing_of_several_pages(endpoint: Endpoint) -> None:
    endpoint.page = 1
    endpoint.land("events/third.ndjson", event(4))
    assert names(endpoint.url) == [GOOD, BAD, "events/third.ndjson"]
    queries = [dict(parse_qsl(urlsplit(request.path).query)) for request in endpoint.asked]
    assert queries == [{"limit": "1000"}] + [{"after": f"é /?&=+%20:{place}", "limit": "1000"} for place in (1, 2)]


def test_a_page_is_asked_for_again(endpoint: Endpoint, pauses: list[float]) -> None:
    answers: Iterator[Answer] = iter([(429, {"Retry-After": "2"}, b""), (200, {"Content-Length": "99"}, b'{"drops": [')])
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
    "too slow": (dripping, "the response did not end before the deadline"),
    "no token": (always(401), "it does not accept this token: set ADS_LANDING_TOKEN"),
    "no right": (always(403), "this token may not read drops"),
    "no protocol": (always(404), "there is nothing at this URL"),
    "unavailable": (always(503), "HTTP status 503"),
    "no HTTP": (lambda _: (200, {"Content-Length": "many"}, b""), "cannot be listed"),
}


@pytest.mark.parametrize(("fault", "told"), LISTINGS.values(), ids=LISTINGS)
def test_a_listing_that_cannot_be_used_is_one_clear_error(
    fault: Callable[[Handler], Answer], told: str, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint_module, "PAGE_BYTES", 1000)
    monkeypatch.setattr(endpoint_module, "LISTING_SECONDS", 0.5 if fault is dripping else 60)
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
def test_a_listing_that_is_odd_is_one_clear_error_too(fault: Callable[[Handler], Answer], endpoint: Endpoint) -> None:
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
    assert [(drop.name, drop.size) for drop in drops] == [
        (GOOD, 0),
        (GOOD, 1),
        ("events/notes.txt", 6),
        (BAD, 7),
        ("a.csv", 0),
    ]  # the ledger takes a name once


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
