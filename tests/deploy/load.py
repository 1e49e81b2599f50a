"""Producers that send events through nginx until each is acknowledged, and the totals that must come out."""

import random
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx

from tests.deploy.stack import Stack, eventually

CAMPAIGNS = 7
BATCH = 50


class Load:
    """Two producers, each sending a batch at a time; one that is not acknowledged is sent again, as a producer would."""

    def __init__(self, stack: Stack, name: str, pause: float = 0.1) -> None:
        self._stack, self._name, self._pause = stack, name, pause
        self._ended, self._lock = threading.Event(), threading.Lock()
        self.day = datetime.now(UTC)
        self.clicks, self.cost, self.acknowledged, self.retries = Counter[str](), Counter[str](), 0, 0
        self._threads = [threading.Thread(target=self._produce, args=(number,)) for number in range(2)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _produce(self, number: int) -> None:
        chosen, sent = random.Random(number), 0
        while not self._ended.is_set():
            events = [self._event(f"{self._name}-{number}-{sent + index}", chosen) for index in range(BATCH)]
            sent += BATCH
            self._send(events)
            with self._lock:
                self.acknowledged += len(events)
                for event in events:
                    self.clicks[event["campaign_id"]] += 1
                    self.cost[event["campaign_id"]] += Decimal(event["cost"])  # type: ignore[assignment]
            time.sleep(self._pause)

    def _event(self, event_id: str, chosen: random.Random) -> dict[str, Any]:
        campaign, cost = f"{self._name}-c{chosen.randrange(CAMPAIGNS)}", f"{chosen.randrange(1000) / 1000:.3f}"
        time_of = self.day.isoformat(timespec="milliseconds")
        return {"event_id": event_id, "event_time": time_of, "event_type": "click", "campaign_id": campaign, "cost": cost}

    def _send(self, events: list[dict[str, Any]]) -> None:
        while True:
            try:
                answer = httpx.post(f"{self._stack.api}/v1/events", json=events, headers=self._stack.key(), timeout=30)
                if answer.status_code == 202:
                    assert answer.json()["accepted"] == len(events), answer.text
                    return
                assert answer.status_code in (429, 500, 502, 503, 504, 507), answer.text
            except httpx.HTTPError:
                pass
            with self._lock:
                self.retries += 1
            time.sleep(0.5)

    def expected(self) -> dict[str, tuple[int, Decimal]]:
        """Clicks and cost of each campaign."""
        return {name: (count, Decimal(self.cost[name])) for name, count in self.clicks.items()}

    def found(self) -> dict[str, tuple[int, Decimal]]:
        """The same by the rollup, through nginx."""
        day = self.day.date().isoformat()
        rows = self._stack.read(**{"from": day, "to": day, "by": "campaign_id", "metric": "clicks,cost", "limit": "1000"})
        return {
            row["campaign_id"]: (int(row["clicks"]), Decimal(str(row["cost"])))
            for row in rows
            if row["campaign_id"].startswith(f"{self._name}-")
        }


def is_exact(load: Load) -> bool:
    found, expected = load.found(), load.expected()
    missing = {name: (found.get(name), wanted) for name, wanted in expected.items() if found.get(name) != wanted}
    assert not missing, f"{len(missing)} of {len(expected)} campaigns differ: {list(missing.items())[:2]}"
    return bool(expected)


def settle(load: Load, seconds: float = 900) -> None:
    began = time.monotonic()
    eventually(lambda: is_exact(load), seconds, "the rollup does not become exact")
    print(f"{load.acknowledged} events exact, {load.retries} sent again, {time.monotonic() - began:.0f} s after the last")
