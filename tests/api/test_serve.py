"""The whole way over HTTP: generated events posted, brought by the landing protocol, loaded; killed and started again."""

import json
import os
import random
import signal
import socket
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.statements import Sql
from tests.api.conftest import Service, event
from tests.commands import ads
from tests.waiting import wait_until

MONEY = ("cost", "revenue")


def rows(text: str, columns: list[str]) -> list[tuple[Any, ...]]:
    """Rows of JSON as comparable tuples, money exact."""
    return sorted(
        tuple(Decimal(row[name]) if name in MONEY else row[name] for name in columns) for row in json.loads(text, parse_float=Decimal)
    )


@pytest.mark.parametrize("events", [20_000, pytest.param(200_000, marks=pytest.mark.slow)])
def test_generated_events_come_out_exact(serve: Callable[..., Service], tmp_path: Path, events: int) -> None:
    service = serve("--open", "--workers", "2", seal_age="1s")
    truth = tmp_path / "truth.json"
    shape = ["--days", "5", "--drops", "8", "--duplicates", "3", "--corrections", "2", "--malformed", "1", "--late", "5"]
    sent = ads(tmp_path / "producer", "generate", "--post", service.url, "--events", str(events), *shape, "--truth", str(truth))
    assert sent.returncode == 0, sent.stderr
    service.stop()
    assert list((service.home / "spool").glob("*.open")) == []
    service.start()

    reader = tmp_path / "reader"
    loaded = ads(reader, "ingest", "--json", landing_url=f"{service.url}/v1")
    assert loaded.returncode == 0, loaded.stderr
    expected = json.loads(truth.read_text(), parse_float=Decimal)
    kinds = {"lines": "lines", "accepted": "events", "duplicates": "duplicates", "corrections": "corrections", "quarantined": "malformed"}
    assert {kind: json.loads(loaded.stdout)[kind] for kind in kinds} == {kind: expected["lines"][of] for kind, of in kinds.items()}
    for rollup in ("campaign_daily", "publisher_daily"):
        columns = list(expected[rollup][0])
        found = rows(ads(reader, "query", rollup, "--json").stdout, columns)
        assert found == sorted(tuple(Decimal(row[name]) if name in MONEY else row[name] for name in columns) for row in expected[rollup])
    held = json.loads(ads(reader, "quarantine", "list", "--json").stdout)
    assert len(held) == expected["lines"]["malformed"]
    assert all(row["reasons"] for row in held)
    assert ads(reader, "check").returncode == 0
    assert json.loads(ads(reader, "ingest", "--json", landing_url=f"{service.url}/v1").stdout)["drops"] == 0


class Producer(threading.Thread):
    """Sends batches until told to stop; every other one that gets no answer is sent again under its key, later."""

    def __init__(self, url: str, number: int) -> None:
        super().__init__()
        self.url, self.number = url, number
        self.stopped = False
        self.sent: set[str] = set()
        self.acknowledged: set[str] = set()
        self.refused: set[str] = set()

    def run(self) -> None:
        chance, count = random.Random(self.number), 0
        with httpx.Client(timeout=10) as client:
            while not self.stopped:
                count += 1
                ids = [f"{self.number}-{count}-{place}" for place in range(chance.choice([1, 20, 200]))]
                mark = f"{self.number}-{count}"
                body = "".join(json.dumps(event(one)) + "\n" for one in ids) + f'{{"mark":"{mark}"}}\n'
                self.sent.update(f"e{one}" for one in ids)
                if self._send(client, body, again=bool(count % 2)):
                    self.acknowledged.update(f"e{one}" for one in ids)
                    self.refused.add(mark)

    def _send(self, client: httpx.Client, body: str, *, again: bool) -> bool:
        headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": uuid.uuid4().hex}
        while True:
            try:
                answer = client.post(f"{self.url}/v1/events", content=body, headers=headers)
            except httpx.TransportError:
                if not again or self.stopped:
                    return False
                time.sleep(0.05)
                continue
            assert answer.status_code == 202, answer.text
            return True


@pytest.mark.parametrize("kills", [2, pytest.param(10, marks=pytest.mark.slow)])
def test_killed_under_load(serve: Callable[..., Service], tmp_path: Path, kills: int) -> None:
    """Nothing acknowledged is missing, and nothing is there twice."""
    service = serve("--open", "--workers", "2", seal_age="1s", seal_bytes="200K", api_rate="0")
    producers = [Producer(service.url, number) for number in range(4)]
    for producer in producers:
        producer.start()
    chance = random.Random(kills)
    for _ in range(kills):
        time.sleep(chance.uniform(0.5, 2.5))
        service.kill()
        service.start()
    time.sleep(0.5)
    for producer in producers:
        producer.stopped = True
    for producer in producers:
        producer.join()
    service.stop()

    loaded = ads(service.home, "ingest", "--json")
    assert loaded.returncode == 0, loaded.stderr
    counts = json.loads(loaded.stdout)
    acknowledged = set[str]().union(*(producer.acknowledged for producer in producers))
    sent = set[str]().union(*(producer.sent for producer in producers))
    refused = set[str]().union(*(producer.refused for producer in producers))
    assert len(acknowledged) > 1000
    assert (counts["duplicates"], counts["corrections"]) == (0, 0)
    with open_warehouse(load_settings(home=service.home)) as warehouse:
        kept = warehouse.column(Sql("SELECT event_id FROM events"))
        marks = warehouse.column(Sql("SELECT JSONExtractString(line, 'mark') FROM quarantine FINAL"))
    assert len(kept) == len(set(kept)) == counts["accepted"]
    assert acknowledged <= set(kept) <= sent
    assert len(marks) == len(set(marks)) == counts["quarantined"]
    assert refused <= set(marks)


def test_one_worker_killed_is_replaced_and_loses_nothing(serve: Callable[..., Service], tmp_path: Path) -> None:
    service = serve("--open", "--workers", "2", seal_age="1h")
    (victim, *_) = children(service.process.pid)
    for number in range(20):
        assert httpx.post(f"{service.url}/v1/events", json=event(number)).status_code == 202
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: len(workers := children(service.process.pid)) == 2 and victim not in workers)
    with httpx.Client(transport=httpx.HTTPTransport(retries=3)) as client:
        for number in range(20, 40):
            assert client.post(f"{service.url}/v1/events", json=event(number)).status_code == 202
    service.stop()
    assert json.loads(ads(service.home, "ingest", "--json").stdout)["accepted"] == 40


def test_workers_end_with_their_parent_and_seal(serve: Callable[..., Service]) -> None:
    service = serve("--open", "--workers", "2", seal_age="1h")
    workers = children(service.process.pid)
    assert httpx.post(f"{service.url}/v1/events", json=event(1)).status_code == 202
    service.process.kill()
    service.process.wait()
    assert len(workers) == 2
    wait_until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))
    assert len(list((service.home / "landing").rglob("*.zst"))) == 1


def test_a_port_that_is_taken_is_one_clear_error_and_leaves_the_other_alone(serve: Callable[..., Service]) -> None:
    service = serve("--open", "--workers", "2")
    httpx.post(f"{service.url}/v1/events", json=event(1))
    for workers in ("1", "2"):
        other = ads(service.home, "serve", "--open", "--port", str(service.port), "--workers", workers)
        assert (other.returncode, other.stdout) == (1, "")
        assert other.stderr.count("\n") == 1
        assert f"Error: cannot listen on port {service.port} of 127.0.0.1 (Address already in use): " in other.stderr
    assert "ads_events_accepted_total 1.0" in httpx.get(f"{service.url}/metrics").text


def test_a_home_that_cannot_be_used_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = ads(tmp_path / "file", "serve", "--open")
    assert (refused.returncode, refused.stderr.startswith(f"Error: ADS_HOME is {tmp_path}/file")) == (2, True)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "spool").write_text("")
    refused = ads(tmp_path / "home", "serve", "--open", "--port", "0")
    assert (refused.returncode, refused.stderr.startswith(f"Error: ADS_HOME is {tmp_path}/home")) == (2, True)


def talk(service: Service, *pieces: bytes) -> bytes:
    """What is answered to bytes on a connection, until it ends."""
    answer = b""
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as connection, suppress(ConnectionError):
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(0.05)
        while piece := connection.recv(65536):
            answer += piece
    return answer


def test_what_a_client_may_send_is_bounded_before_it_is_read(serve: Callable[..., Service]) -> None:
    service = serve("--open")
    head = b"POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    large = talk(service, head + b"Content-Length: 900000000\r\n\r\n[")
    assert large.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in large.lower()
    assert talk(service, head, *[b"X-Long: " + b"a" * 9000 + b"\r\n"] * 9).startswith(b"HTTP/1.1 400 ")
    assert talk(service, head + b"X-Long: ", *[b"a" * 9000] * 9).startswith(b"HTTP/1.1 400 ")
    allowed = talk(service, head, *[b"X-Long: " + b"a" * 9000 + b"\r\n"] * 5, b"Connection: close\r\nContent-Length: 2\r\n\r\n{}")
    assert allowed.startswith(b"HTTP/1.1 422 ")


def test_a_client_that_goes_in_mid_body_is_no_error_of_the_service(serve: Callable[..., Service]) -> None:
    service = serve("--open")
    with socket.create_connection(("127.0.0.1", service.port)) as connection:
        connection.sendall(b"POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n[")
        time.sleep(0.3)
    wait_until(lambda: "POST /v1/events 400" in service.log)
    assert "Traceback" not in service.log


def children(pid: int) -> list[int]:
    """The workers: processes that `ads serve` has started to serve."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        fields = path.read_text().rpartition(")")[2].split()
        if int(fields[1]) == pid and b"spawn_main" in path.with_name("cmdline").read_bytes():
            found.append(int(path.parent.name))
    return found


def test_the_counts_of_all_workers_are_added_up(serve: Callable[..., Service]) -> None:
    service = serve("--open", "--workers", "2", seal_age="1s")
    for number in range(30):
        httpx.post(f"{service.url}/v1/events", json=[event(number), {}])

    def counted() -> dict[str, str]:
        lines = httpx.get(f"{service.url}/metrics").text.splitlines()
        return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))

    wait_until(lambda: float(counted()["ads_drops_sealed_total"]) >= 1)
    counts = counted()
    assert float(counts["ads_events_accepted_total"]) == 30
    assert float(counts['ads_events_rejected_total{reason="missing:event_id"}']) == 30
    assert {"ads_landing_bytes_total", "ads_seal_lag_seconds", "ads_fsync_seconds_sum"} <= set(counts)
