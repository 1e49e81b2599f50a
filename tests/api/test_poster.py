"""`ads generate --post` to what is no landing service, or one that is away for a while."""

import logging
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from ads_pipeline.errors import LandingError
from ads_pipeline.landing import poster
from ads_pipeline.landing.poster import Poster
from tests.api.test_landing_http import Endpoint, make_endpoint

__all__ = ["make_endpoint"]


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between tries, which tests do not wait for."""
    found: list[float] = []
    monkeypatch.setattr(poster, "time", SimpleNamespace(sleep=found.append))
    return found


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("ftp://127.0.0.1", "unsupported protocol"),
        ("127.0.0.1:8000", "protocol"),
        ("http://127.0.0.1:port", "its URL is none that can be asked for"),
    ],
)
def test_what_no_try_mends_ends_at_once(url: str, told: str, pauses: list[float]) -> None:
    with pytest.raises(LandingError, match=told), Poster(url) as sender:
        sender.post([b"{}\n"] * 3)
    assert pauses == []


def test_a_token_that_cannot_be_sent_is_not_shown(make_endpoint: Callable[[], Endpoint], pauses: list[float]) -> None:
    with (
        pytest.raises(LandingError, match="characters that no header can have") as caught,
        Poster(make_endpoint().url, "hunter2\n") as sender,
    ):
        sender.post([b"{}\n"] * 3)
    assert pauses == []
    assert "hunter2" not in str(caught.value)


def test_a_password_is_not_shown(pauses: list[float]) -> None:
    with pytest.raises(LandingError) as caught, Poster("http://me:hunter2@127.0.0.1:9") as sender:
        sender.post([b"{}\n"])
    assert "hunter2" not in str(caught.value)
    assert len(pauses) == poster.TRIES


def test_the_first_try_that_fails_is_told(make_endpoint: Callable[[], Endpoint], caplog: pytest.LogCaptureFixture) -> None:
    endpoint, statuses = make_endpoint(), iter([503, 429, 202, 507, 202])
    endpoint.faults["/events"] = lambda _: (next(statuses), {}, b"")
    with caplog.at_level(logging.WARNING), Poster(endpoint.url, concurrency=1) as sender:
        sender.post([b"{}\n"] * 2)
    (record,) = caplog.records
    assert record.message == f"{endpoint.url}/events does not take events at present, they are sent again: 503 "


def test_an_answer_of_something_else_is_an_error(make_endpoint: Callable[[], Endpoint]) -> None:
    endpoint = make_endpoint()
    endpoint.faults["/events"] = lambda _: (422, {}, b"<html>")
    with pytest.raises(LandingError, match="422 <html>"), Poster(endpoint.url) as sender:
        sender.post([b"{}\n"])
