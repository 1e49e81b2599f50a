"""Events over HTTP: what is answered, and what lands."""

import gzip
import json
import os
import re
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ads_pipeline.api import health
from ads_pipeline.api.app import create_app
from ads_pipeline.landing import open_store
from ads_pipeline.settings import load_settings
from tests.api.conftest import event
from tests.compression import zstd

NDJSON = {"Content-Type": "application/x-ndjson"}


@contextmanager
def client(home: Path, **settings: Any) -> Iterator[TestClient]:
    """A running service; what it keeps is sealed when it ends."""
    with TestClient(create_app(load_settings(home=home, api_open="loopback", **settings)), raise_server_exceptions=False) as found:
        yield found


def landed(home: Path) -> list[str]:
    """The lines of all drops, in the order of their names."""
    store = open_store(load_settings(home=home))
    return [
        line for drop in store.list() for line in zstd.decompress((home / "landing" / drop.name).read_bytes()).decode().splitlines() if line
    ]


def ndjson(*events: dict[str, Any] | str) -> bytes:
    return "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in events).encode()


@pytest.mark.parametrize("packed", ["identity", "gzip", "zstd"])
@pytest.mark.parametrize("form", ["object", "array", "pretty", "ndjson"])
def test_every_form_and_encoding(tmp_path: Path, form: str, packed: str) -> None:
    events = [event(1)] if form == "object" else [event(1), event(2, attributes={"os": "a,}{b"}), event(3, ad_id='q"uo\\te')]
    body = json.dumps(events[0] if form == "object" else events, indent=2 if form == "pretty" else None).encode()
    body = ndjson(*events) if form == "ndjson" else body
    headers = {
        "Content-Type": "application/x-ndjson" if form == "ndjson" else "application/json; charset=utf-8",
        "Content-Encoding": packed,
    }
    pack: dict[str, Callable[[bytes], bytes]] = {"identity": bytes, "gzip": gzip.compress, "zstd": zstd.compress}
    with client(tmp_path) as service:
        answer = service.post("/v1/events", content=pack[packed](body), headers=headers)
    assert (answer.status_code, answer.json()) == (202, {"accepted": len(events), "rejected": []})
    assert [json.loads(line) for line in landed(tmp_path)] == events


def test_refused_events_are_named_and_land_for_quarantine(tmp_path: Path) -> None:
    body = ndjson(event(1), "no json", event(2, cost=-1e9), "", "[]", event(3))
    with client(tmp_path) as service:
        answer = service.post("/v1/events", content=body, headers=NDJSON)
    refused = [{"index": 1, "reasons": ["not_json"]}, {"index": 2, "reasons": ["invalid:cost"]}, {"index": 4, "reasons": ["not_object"]}]
    assert (answer.status_code, answer.json()) == (202, {"accepted": 2, "rejected": refused})
    assert len(landed(tmp_path)) == 5


def test_one_refused_event_refuses_the_request_when_asked_to(tmp_path: Path) -> None:
    with client(tmp_path) as service:
        answer = service.post("/v1/events?on_error=reject", json=[event(1), {}])
    assert (answer.status_code, answer.json()["rejected"][0]["index"]) == (422, 1)
    assert landed(tmp_path) == []


def test_nothing_but_refused_events_is_422_and_lands_all_the_same(tmp_path: Path) -> None:
    with client(tmp_path) as service:
        answer = service.post("/v1/events", json=[{}, 1])
        assert service.post("/v1/events", json=[]).status_code == 422
        assert service.post("/v1/events", content=b"\n\n", headers=NDJSON).status_code == 422
    assert (answer.status_code, len(answer.json()["rejected"])) == (422, 2)
    assert answer.headers["content-type"] == "application/problem+json"
    assert landed(tmp_path) == ["{}", "1"]


def test_the_same_key_and_body_lands_once(tmp_path: Path) -> None:
    key = {"Idempotency-Key": "k1"}
    with client(tmp_path) as service:
        first = service.post("/v1/events", json=[event(1), {}], headers=key)
        assert service.post("/v1/events", json=[event(1), {}], headers=key).json() == first.json()
        other = service.post("/v1/events", json=[event(2)], headers=key)
        assert (other.status_code, "another body" in other.json()["detail"]) == (422, True)
    with client(tmp_path) as service:  # sealed meanwhile
        assert service.post("/v1/events", json=[event(1), {}], headers=key).json() == first.json()
        assert service.post("/v1/events", json=[event(1), {}], headers={"Idempotency-Key": "k2"}).json() == first.json()
    assert len(landed(tmp_path)) == 4


@pytest.mark.parametrize(
    ("status", "says", "body", "headers"),
    [
        (400, "not valid JSON", b'{"a":', {"Content-Type": "application/json"}),
        (400, "not valid JSON", b'[{"a":1}', {"Content-Type": "application/json"}),
        (400, "not valid gzip", b"plain", {**NDJSON, "Content-Encoding": "gzip"}),
        (400, "truncated", gzip.compress(b"x" * 100, mtime=0)[:-4], {**NDJSON, "Content-Encoding": "gzip"}),
        (400, "truncated", zstd.compress(b"x" * 100)[:-2], {**NDJSON, "Content-Encoding": "zstd"}),
        (413, "more than 2048 bytes", b"x" * 3000, NDJSON),
        (413, "more than 2048 bytes", gzip.compress(b"\n" * 50_000_000, mtime=0), {**NDJSON, "Content-Encoding": "gzip"}),
        (413, "more than 2048 bytes", zstd.compress(b"\n" * 50_000_000), {**NDJSON, "Content-Encoding": "zstd"}),
        (413, "more than 10 events", b"{}\n" * 11, NDJSON),
        (413, "more than 10 events", b"[" + b"{}," * 10 + b"{}]", {"Content-Type": "application/json"}),
        (413, "more than 10 events", b"[" + b"1," * 500 + b"1]", {"Content-Type": "application/json"}),
        (400, "not valid JSON", b"[1,}" + b"," * 500, {"Content-Type": "application/json"}),
        (415, "Content-Type 'text/csv'", b"a,b", {"Content-Type": "text/csv"}),
        (415, "Content-Type ''", b"{}", {}),
        (415, "Content-Encoding 'br'", b"{}", {**NDJSON, "Content-Encoding": "br"}),
    ],
)
def test_limits_are_problems(tmp_path: Path, status: int, says: str, body: bytes, headers: dict[str, str]) -> None:
    with client(tmp_path, api_max_body=2048, api_max_events=10) as service:
        answer = service.post("/v1/events", content=body, headers={"X-Request-ID": "r-1", **headers})
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["request_id"]) == (status, status, "r-1")
    assert says in problem["detail"]
    assert landed(tmp_path) == []


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_body_in_parts(tmp_path: Path, encoding: str) -> None:
    packs: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "zstd": zstd.compress}
    pack = packs[encoding]
    headers = {**NDJSON, "Content-Encoding": encoding}
    parts = [pack(ndjson(event(number, ad_id=os.urandom(60).hex()))) for number in range(999)]
    with client(tmp_path) as service:
        whole = service.post("/v1/events", content=b"".join(parts) + pack(b""), headers=headers)
        assert whole.json() == {"accepted": 999, "rejected": []}
        answer = service.post("/v1/events", content=pack(b"") * 1001, headers=headers)
        assert (answer.status_code, "more than 1000" in answer.json()["detail"]) == (400, True)
    assert len(landed(tmp_path)) == 999


@contextmanager
def memory(most: int) -> Iterator[None]:
    """No more than so many MiB are taken in between."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] >> 20 <= most
    finally:
        tracemalloc.stop()


def test_more_events_than_are_allowed_are_not_even_cut_apart(tmp_path: Path) -> None:
    with client(tmp_path) as service:
        for body, kind in ((b"\n" * (15 << 20), "x-ndjson"), (b"[" + b"1," * (7 << 20) + b"1]", "json")):
            with memory(100):
                answer = service.post("/v1/events", content=body, headers={"Content-Type": f"application/{kind}"})
            assert (answer.status_code, "more than 10000 events" in answer.json()["detail"]) == (413, True)


def test_events_of_many_unknown_keys_take_no_memory_of_their_own(tmp_path: Path) -> None:
    keys = {f"key{number}": "x" for number in range(180)}
    body = ndjson(*(event(number, **keys) for number in range(1000)))
    with client(tmp_path) as service, memory(40):
        answer = service.post("/v1/events", content=body, headers=NDJSON)
    assert answer.json() == {"accepted": 1000, "rejected": []}


def test_lines_of_odd_shapes_are_judged_as_lines(tmp_path: Path) -> None:
    valid, deep = json.dumps(event(1)), json.dumps(event(2))[:-1] + ',"x":' + "[" * 480 + "]" * 480 + "}"
    with client(tmp_path) as service:
        answer = service.post("/v1/events", content=ndjson(f"{valid},{{}}", valid, deep), headers=NDJSON)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 2, "rejected": [{"index": 0, "reasons": ["not_json"]}]})


def counted(service: TestClient, name: str) -> float:
    return float(re.findall(rf"^{re.escape(name)} (\S+)$", service.get("/metrics").text, re.MULTILINE)[0])


def test_what_is_kept_is_counted_and_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(handle: int, data: memoryview) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(health, "KEPT_SECONDS", -1)
    names = ["ads_events_accepted_total", 'ads_events_rejected_total{reason="missing:event_id"}', "ads_landing_bytes_total"]
    with client(tmp_path) as service:
        service.post("/v1/events", json=[event(1), {}])  # so that all are there
        before = [counted(service, name) for name in names]
        for _ in range(3):
            assert service.post("/v1/events", json=[event(2), event(3), {}], headers={"Idempotency-Key": "k"}).status_code == 202
        with monkeypatch.context() as disk:
            disk.setattr(os, "write", write)
            assert service.post("/v1/events", json=event(4)).status_code == 507
        size = len(service.build_request("POST", "/", json=[event(2), event(3), {}]).content)
        assert [counted(service, name) - then for name, then in zip(names, before, strict=True)] == [2, 1, size]


def test_a_full_disk_acknowledges_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with client(tmp_path) as service:
        assert service.post("/v1/events", json=event(1)).status_code == 202

        def write(handle: int, data: memoryview) -> int:
            monkeypatch.undo()
            half = len(data) // 2
            os_write(handle, data[:half])
            raise OSError(28, "No space left on device")

        os_write = os.write
        monkeypatch.setattr(os, "write", write)
        answer = service.post("/v1/events", json=event(2))
        assert (answer.status_code, "No space left on device" in answer.json()["detail"]) == (507, True)
        assert service.post("/v1/events", json=event(3)).status_code == 202
    assert [json.loads(line)["event_id"] for line in landed(tmp_path)] == ["e1", "e3"]


def test_a_landing_store_that_fails_keeps_events_until_it_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with client(tmp_path) as service:
        assert service.post("/v1/events", json=event(1)).status_code == 202
        (tmp_path / "landing").rmdir()
        (tmp_path / "landing").write_text("in the way")
        assert service.get("/readyz").status_code == 503
    assert list((tmp_path / "spool").glob("*.closed"))
    (tmp_path / "landing").unlink()
    with client(tmp_path):
        pass
    assert len(landed(tmp_path)) == 1
    assert not list((tmp_path / "spool").glob("*.closed"))


def test_no_event_content_in_the_log(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with client(tmp_path, log_level="DEBUG") as service:
        service.post("/v1/events?on_error=quarantine", content=ndjson(event("secret-id"), '{"secret": 1}'), headers=NDJSON)
    log = capfd.readouterr().err
    assert "POST /v1/events 202" in log
    assert "secret" not in log
