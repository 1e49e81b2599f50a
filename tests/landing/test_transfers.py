"""Drops of an endpoint arrive whole: broken transfers go on, busy endpoints are asked again."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime

from ads_pipeline.landing import endpoint as endpoint_module
from tests.engine.conftest import Home
from tests.landing.endpoints import BAD, GOOD, TOKEN, Answer, Endpoint, Handler, always, broken, etag_of, first_time


def test_drops_are_loaded_once_and_asked_for_by_etag_and_token(home: Home, endpoint: Endpoint) -> None:
    assert home.ingest().counts.accepted == 3
    assert home.ingest().drops == 0
    (asked,) = endpoint.asked_for(GOOD)
    assert asked.headers["If-Match"] == f'"{etag_of(endpoint.drops[GOOD])}"'
    assert (asked.headers["Accept-Encoding"], asked.headers["Range"]) == ("identity", None)
    assert {request.headers["Authorization"] for request in endpoint.asked} == {f"Bearer {TOKEN}"}


def test_a_broken_transfer_goes_on_where_it_broke_off(home: Home, endpoint: Endpoint, pauses: list[float]) -> None:
    data = endpoint.drops[BAD]
    endpoint.spoil(BAD, first_time(lambda _: broken(data, after=50)))
    assert home.ingest().counts.accepted == 3
    first, second = endpoint.asked_for(BAD)
    assert (first.headers["Range"], second.headers["Range"]) == (None, "bytes=50-")
    assert second.headers["If-Match"] == first.headers["If-Match"] == f'"{etag_of(data)}"'
    assert pauses == [0.5]


def test_progress_is_worth_more_tries(home: Home, endpoint: Endpoint, pauses: list[float]) -> None:
    def a_tenth(request: Handler) -> Answer:
        status, headers, body = request.by_protocol()
        assert isinstance(body, bytes)
        return status, headers | {"Content-Length": str(len(body))}, body[: len(data) // 10]

    data = endpoint.drops[BAD]
    endpoint.spoil(BAD, a_tenth)
    assert home.ingest().counts.accepted == 3
    assert len(endpoint.asked_for(BAD)) >= 10 > endpoint_module.FETCH_TRIES
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
    answers: Iterator[Answer] = iter([(503, {"Retry-After": after}, b"") for after in ("7", soon, "soon", "3600")])
    endpoint.spoil(BAD, lambda _: next(answers, None))
    assert home.ingest().counts.accepted == 3
    assert pauses == [7.0, 0.0, 2.0, 30.0]


def test_a_redirect_within_the_host_is_followed(home: Home, endpoint: Endpoint) -> None:
    data = endpoint.drops[BAD]
    endpoint.spoil(BAD, always(307, {"Location": "/v1/elsewhere?a=b"}))
    endpoint.faults["/elsewhere"] = lambda _: broken(data, after=len(data))
    assert home.ingest().counts.accepted == 3
    assert endpoint.asked[-1].headers["Authorization"] == f"Bearer {TOKEN}"
