"""The landing protocol as the service speaks it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from ads_pipeline.api.app import create_app
from ads_pipeline.settings import load_settings

NAMES = [
    "a!.ndjson",
    "adbids/x y.csv.gz",
    "a.ndjson",
    "events/dt=2026-11-01/ü ?#.ndjson",
    "events/line\nfeed.ndjson",
    "events/dt=2026-11-02/b.ndjson.zst",
    "readme.md",  # it fails when it is loaded: nothing that has landed is passed over
]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[TestClient]:
    for name in [*NAMES, ".hidden/a.ndjson", "_tmp.ndjson", "a.ndjson.part"]:
        (tmp_path / "landing" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "landing" / name).write_bytes(b"0123456789")
    (tmp_path / "secret.ndjson").write_text("secret")
    (tmp_path / "landing" / "link").symlink_to(tmp_path)
    with TestClient(create_app(load_settings(home=tmp_path, api_open="loopback"))) as found:
        yield found


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 100])
def test_every_drop_is_listed_once_in_pages(service: TestClient, limit: int) -> None:
    found, cursor, pages = [], "", 0
    while cursor is not None:
        page = service.get("/v1/drops", params={"after": cursor, "limit": limit}).json()
        found += page["drops"]
        cursor, pages = page["next"], pages + 1
    assert [drop["name"] for drop in found] == sorted(NAMES)
    assert {drop["source"] for drop in found} == {"adbids", "events"}
    assert {drop["size"] for drop in found} == {10}
    assert pages == -(-len(NAMES) // limit)


def test_a_listed_drop_can_be_read(service: TestClient) -> None:
    for drop in service.get("/v1/drops").json()["drops"]:
        answer = service.get("/v1/drops/" + drop["name"].replace("?", "%3F").replace("#", "%23").replace("\n", "%0A"))
        assert (answer.status_code, answer.content) == (200, b"0123456789")
        assert answer.headers["etag"] == f'"{drop["etag"]}"'
        assert answer.headers["accept-ranges"] == "bytes"
        assert answer.headers["content-length"] == "10"


@pytest.mark.parametrize(
    ("asked", "status", "content", "told"),
    [
        ("bytes=3-", 206, b"3456789", "bytes 3-9/10"),
        ("bytes=3-5", 206, b"345", "bytes 3-5/10"),
        ("bytes=0-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=10-", 416, None, "bytes */10"),
        ("bytes=-0", 416, None, "bytes */10"),
        ("bytes=5-3", 200, b"0123456789", None),
        ("bytes=1-2,4-5", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
        ("bytes=3-99999999999999999999", 206, b"3456789", "bytes 3-9/10"),
        (f"bytes=0-{'9' * 5000}", 200, b"0123456789", None),
        (f"bytes=-{'9' * 5000}", 200, b"0123456789", None),
    ],
)
def test_ranges(service: TestClient, asked: str, status: int, content: bytes | None, told: str | None) -> None:
    answer = service.get("/v1/drops/a.ndjson", headers={"Range": asked})
    assert (answer.status_code, answer.headers.get("content-range")) == (status, told)
    assert content is None or answer.content == content


def test_conditions(service: TestClient) -> None:
    url = "/v1/drops/a.ndjson"
    etag = service.get(url).headers["etag"]
    assert service.get(url, headers={"If-Match": etag}).status_code == 200
    assert service.get(url, headers={"If-Match": '"other"'}).status_code == 412
    assert service.get(url, headers={"If-None-Match": etag}).status_code == 304
    assert service.get(url, headers={"If-None-Match": '"other"'}).status_code == 200
    assert service.get(url, headers={"Range": "bytes=3-", "If-Range": etag}).status_code == 206
    assert service.get(url, headers={"Range": "bytes=3-", "If-Range": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    "name",
    ["none.ndjson", "_tmp.ndjson", ".hidden/a.ndjson", "%2E%2E/secret.ndjson", "link/secret.ndjson", "a%00.ndjson", "events"],
)
def test_nothing_else_can_be_read(service: TestClient, name: str) -> None:
    assert service.get(f"/v1/drops/{name}").status_code == 404


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x"])
def test_a_wrong_parameter(service: TestClient, query: str) -> None:
    assert service.get(f"/v1/drops?{query}").status_code == 422
