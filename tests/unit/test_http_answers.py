"""What a request's headers ask for: a media type, a range of bytes, an ETag."""

import pytest

from ads_pipeline.api.conditions import names_etag
from ads_pipeline.api.media import MEDIA, negotiated
from ads_pipeline.api.ranges import requested_range
from ads_pipeline.api.refusal import ProblemError


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("text/*", "text/csv"),
        ("TEXT/CSV", "text/csv"),
        ("text/csv; charset=utf-8", "text/csv"),
        ("text/html, text/csv", "text/csv"),
        ("application/x-ndjson, text/csv", "application/x-ndjson"),
        ("text/csv, application/x-ndjson", "text/csv"),
        ("text/csv;q=0.5, application/json;q=0.9", "application/json"),
        ("*/*;q=0.1, text/csv;q=0.2", "text/csv"),
        ("*/*, application/json;q=0", "application/x-ndjson"),  # the most specific range counts
        ("application/*;q=0.2, application/vnd.apache.parquet", "application/vnd.apache.parquet"),
        ("text/csv;q=high, application/json", "application/json"),  # a quality that is not a number accepts nothing
    ],
)
def test_the_media_type_is_the_one_the_client_prefers(accept: str, media: str) -> None:
    assert negotiated(accept) == media


@pytest.mark.parametrize("accept", ["text/html", "image/*", "application/json;q=0", "*/*;q=0", "text/csv;q=x", "nonsense"])
def test_a_client_that_accepts_none_is_told_which_there_are(accept: str) -> None:
    with pytest.raises(ProblemError) as problem:
        negotiated(accept)
    assert problem.value.status == 406
    assert all(media in problem.value.detail for media in MEDIA)


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("bytes=3-", (3, 10)),
        ("bytes=3-5", (3, 6)),
        ("bytes=9-9", (9, 10)),
        (" bytes=0-99 ", (0, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-99", (0, 10)),
        ("bytes=5-3", None),
        ("bytes=-", None),
        ("bytes=1-2,4-5", None),
        ("lines=1-2", None),
        ("bytes=٣-", None),
        (f"bytes=0-{'9' * 31}", None),
    ],
)
def test_a_range_is_of_the_bytes_there_are_or_ignored(header: str, wanted: tuple[int, int] | None) -> None:
    assert requested_range(header, 10) == wanted


@pytest.mark.parametrize(("header", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0), ("bytes=99-100", 10)])
def test_a_range_after_the_end_is_a_problem_that_tells_the_size(header: str, size: int) -> None:
    with pytest.raises(ProblemError) as problem:
        requested_range(header, size)
    assert (problem.value.status, problem.value.headers) == (416, {"Content-Range": f"bytes */{size}"})


@pytest.mark.parametrize(
    ("header", "weakly", "strongly"),
    [('"a"', True, True), ('"b", "a"', True, True), ("*", True, True), ('W/"a"', True, False), ('"b"', False, False), ("", False, False)],
)
def test_an_etag_is_named_strongly_or_weakly(header: str, weakly: bool, strongly: bool) -> None:
    assert (names_etag(header, '"a"'), names_etag(header, '"a"', weak=False)) == (weakly, strongly)
