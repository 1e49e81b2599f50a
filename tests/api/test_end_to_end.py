"""The whole way over HTTP: generated events are posted, fetched by the landing protocol and loaded; also under kills."""

import json
import os
import random
import signal
import threading
import time
import uuid
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.statements import Sql
from tests.api.conftest import Service, event
from tests.api.test_workers import children
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


def answers(service: Service) -> bool:
    try:
        return httpx.get(f"{service.url}/healthz").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.further
@pytest.mark.timeout(1400)
@pytest.mark.parametrize("kills", [2, pytest.param(50, marks=pytest.mark.slow)])
def test_killed_under_load(serve: Callable[..., Service], kills: int) -> None:
    """Nothing acknowledged is missing, and nothing is there twice: one worker is killed, which is replaced, and now and then all are."""
    service = serve("--open", "--workers", "2", seal_age="1s", seal_bytes="200K", api_rate="0")
    producers = [Producer(service.url, number) for number in range(4)]
    for producer in producers:
        producer.start()
    chance = random.Random(kills)
    for kill in range(kills):
        time.sleep(chance.uniform(0.5, 2.5))
        if kill % 5 and (workers := children(service.process.pid)):
            os.kill(chance.choice(workers), signal.SIGKILL)
        else:
            service.kill()
            service.start()
    time.sleep(0.5)
    for producer in producers:
        producer.stopped = True
    for producer in producers:
        producer.join()
    wait_until(lambda: answers(service))  # workers that have not started yet would seal nothing
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
