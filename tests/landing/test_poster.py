"""`ads generate --post` to something that is not a landing service, or to one that is away for a while."""

import logging
from collections.abc import Callable

import pytest

from ads_pipeline.errors import LandingError
from ads_pipeline.landing import poster
from ads_pipeline.landing.poster import Poster
from tests.landing.endpoints import Endpoint


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("ftp://127.0.0.1", "unsupported protocol"),
        ("127.0.0.1:8000", "protocol"),
        ("http://127.0.0.1:port", "invalid URL"),
    ],
)
def test_a_permanent_error_is_not_retried(url: str, told: str, pauses: list[float]) -> None:
    with pytest.raises(LandingError, match=told), Poster(url) as sender:
        sender.post([b"{}\n"] * 3)
    assert pauses == []


def test_a_token_that_cannot_be_sent_is_not_shown(make_endpoint: Callable[[], Endpoint], pauses: list[float]) -> None:
    with (
        pytest.raises(LandingError, match="characters that HTTP does not allow") as caught,
        Poster(make_endpoint().url, "hunter2\n") as sender,
    ):
        sender.post([b"{}\n"] * 3)
    assert pauses == []
    assert "hunter2" not in str(caught.value)


def test_a_password_is_not_shown(pauses: list[float]) -> None:
    with pytest.raises(LandingError) as caught, Poster("http://me:hunter2@127.0.0.1:9") as sender:
        sender.post([b"{}\n"])
    assert "hunter2" not in str(caught.value)
    assert len(pauses) == poster.POST_TRIES - 1


def test_the_first_try_that_fails_is_told(make_endpoint: Callable[[], Endpoint], caplog: pytest.LogCaptureFixture) -> None:
    endpoint, statuses = make_endpoint(), iter([503, 429, 202, 507, 202])
    endpoint.faults["/events"] = lambda _: (next(statuses), {}, b"")
    with caplog.at_level(logging.WARNING), Poster(endpoint.url, concurrency=1) as sender:
        sender.post([b"{}\n"] * 2)
    (record,) = caplog.records
    assert record.message == f"{endpoint.url}/events does not accept events at present, they are sent again: 503"


def test_an_answer_of_something_else_is_an_error(make_endpoint: Callable[[], Endpoint]) -> None:
    endpoint = make_endpoint()
    endpoint.faults["/events"] = lambda _: (422, {}, b"<html>")
    with pytest.raises(LandingError, match="422 <html>"), Poster(endpoint.url) as sender:
        sender.post([b"{}\n"])
