"""Random steps: what a landing store, people and clocks do, drawn from a seed."""

import json
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.model.model import Model
from tests.model.world import LOSSES, Step

ZONES = ("UTC", "America/Santiago", "America/Havana", "Asia/Beirut", "Africa/Cairo", "Pacific/Auckland", "America/New_York")
NAMES = (
    "a.ndjson",
    "events/b.ndjson",
    "events/c.ndjson.gz",
    "alt/d.ndjson",
    "own/e.ndjson",
    "events/f.jsonl",
    "events/g.ndjson",
    "h.ndjson.gz",
)
QUICK = {
    "land": 14, "delete": 3, "ingest": 14, "reload": 7, "midnight": 3, "lose": 8, "backfill": 3, "retention": 5, "setting": 4,
    "source": 5, "replay": 5, "discard": 2, "retry": 3, "dismiss": 1, "forget": 7, "clock": 9,
}  # fmt: skip
SLOW = {"killed": 12, "pair": 2}
"""How often each verb is drawn; those that start processes apart."""

FOLLOWED = {"source": ("replay", "reload"), "clock": ("ingest", "retention", "reload"), "setting": ("ingest", "reload")}
"""What often comes next."""


class Generator:
    """Draws a home and its steps."""

    def __init__(self, seed: int, *, processes: bool) -> None:
        self.rng = random.Random(seed)
        self.weights = QUICK | (SLOW if processes else {})
        self.last = ""

    def model(self, base: datetime | None = None) -> Model:
        """A home of its own zone and settings, whose clock is ahead of all real ones: the engine's own TTL takes nothing of it."""
        zone = self.rng.choice(ZONES)
        base = base or datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=20)
        now = next_gap(zone, base) + timedelta(days=self.rng.randrange(3), seconds=self.rng.randrange(86_400))
        return Model(zone, self.rng.choice([3, 4, 4, 6]), self.rng.choice([1, 2, 3, 100]), now, large=self.rng.choice([1, 100_000]))

    def step(self, model: Model) -> Step:
        """The next step, which may well do nothing."""
        verb = self._verb(model)
        self.last = verb
        return Step(verb, getattr(self, f"_{verb}", lambda _: {})(model))

    def _verb(self, model: Model) -> str:
        if len(model.store) < 3 or (self.last == "land" and self.rng.random() < 0.6):
            return "land"
        if self.last == "land":
            return self.rng.choices(["ingest", "midnight", "clock"], [8, 1, 1])[0]
        if self.last in FOLLOWED and self.rng.random() < 0.6:
            return self.rng.choice(FOLLOWED[self.last])
        weights = self.weights | ({} if model.waiting() else {"ingest": 1, "midnight": 0, "pair": 0})
        weights |= {} if any(entry.status == "failed" for entry in model.ledger.values()) else {"retry": 0, "dismiss": 0}
        weights |= {} if model.healable_days() else {"lose": 0}
        return self.rng.choices(list(weights), list(weights.values()))[0]

    def _land(self, model: Model) -> dict[str, Any]:
        name, rng = self.rng.choice(NAMES), self.rng
        if rng.random() < 0.3:
            day = rng.choice([model.now.date() + timedelta(days=rng.randrange(-4, 2)), date(2149, 6, 5)])
            folder, _, file = name.rpartition("/")
            name = f"{folder or 'events'}/dt={day}/{file}"
        if model.store and rng.random() < 0.3:
            name = rng.choice(sorted(model.store))
        torn = name.endswith(".gz") and rng.random() < 0.2
        lines = [self._line(model) for _ in range(0 if rng.random() < 0.05 and not torn else rng.randrange(1, 7))]
        return {"name": name, "lines": lines, "at": self._moment(model).isoformat(), "form": "torn" if torn else "good"}

    def _moment(self, model: Model) -> datetime:
        """When a drop was modified: equal moments and whole seconds abound, some lie ahead."""
        rng = self.rng
        if model.store and rng.random() < 0.35:
            return rng.choice([landed.at for _, landed in sorted(model.store.items())])
        back = rng.choice([0, 1, 1, 5, 3600, 86_400, 2 * 86_400, 3 * 86_400, -3600, -3 * 86_400])
        moment = model.now - timedelta(seconds=back)
        return moment if rng.random() < 0.3 else moment.replace(microsecond=0)

    def _line(self, model: Model) -> str:
        rng = self.rng
        if rng.random() < 0.05:
            return "no json"
        day = model.today + timedelta(days=rng.choice([0, 0, -1, -1, -2, -2, -3, -model.retention + 1, -model.retention, 1, 3]))
        clock = rng.choice([(0, 0), (0, 30), (1, 10), (12, 0), (23, 59)])
        local = datetime(day.year, day.month, day.day, *clock, tzinfo=ZoneInfo(model.zone))
        return json.dumps({
            "event_id": f"e{rng.randrange(5)}",
            "event_time": local.astimezone(UTC).isoformat(),
            "event_type": rng.choice(["impression", "impression", "click", "conversion"]),
            ("campaign_id" if rng.random() < 0.8 else "c"): rng.choice(["c1", "c2"]),
            "quantity": rng.choice(["1", "1", "7"]),
            "cost": rng.choice(["0.1", "0.25", "-2", "0.000000001"]),
            "user_id": rng.choice(["", "u1", "u2", "u3"]),
        })  # fmt: skip

    def _delete(self, model: Model) -> dict[str, Any]:
        return {"name": self._one_of(model.store)}

    def _one_of(self, names: Any) -> str:
        return str(self.rng.choice(sorted(names) or [""]))

    def _ingest(self, model: Model) -> dict[str, Any]:
        return {"limit": self.rng.choice([None, None, 1, 2])}

    def _reload(self, model: Model) -> dict[str, Any]:
        first = model.now.date() - timedelta(days=self.rng.randrange(5))
        return {"first": str(first), "last": str(first + timedelta(days=self.rng.randrange(5)))}

    def _midnight(self, model: Model) -> dict[str, Any]:
        return {"seconds": 86_400}

    def _lose(self, model: Model) -> dict[str, Any]:
        day = self._one_of(map(str, model.healable_days()))
        table = self.rng.choice(["events", "events", "events", "campaign_daily", "publisher_daily"])
        how = self.rng.choice([how for how in LOSSES if how != "truncate"])
        keys = ("event_id IN ('e0', 'e1', 'e2')", "event_id = 'e3'", "1") if table == "events" else ("1",)
        return {"table": table, "how": how, "day": day, "some": self.rng.choice(keys)}

    def _backfill(self, model: Model) -> dict[str, Any]:
        first = model.today - timedelta(days=self.rng.randrange(model.retention + 2))
        return {"first": str(first), "last": str(first + timedelta(days=self.rng.randrange(3)))}

    def _setting(self, model: Model) -> dict[str, Any]:
        return {"days": self.rng.choice([3, 4, 6, 8]), "init": self.rng.random() < 0.5}

    def _source(self, model: Model) -> dict[str, Any]:
        return {"mapped": not model.mapped}

    def _replay(self, model: Model) -> dict[str, Any]:
        return {"drops": self._some(model) if self.rng.random() < 0.4 else []}

    def _discard(self, model: Model) -> dict[str, Any]:
        return {"drops": self._some(model)}

    def _some(self, model: Model) -> list[str]:
        return [self._one_of(model.ledger) for _ in range(1 + (self.rng.random() < 0.2))] if model.ledger else ["none"]

    def _forget(self, model: Model) -> dict[str, Any]:
        return {"names": self._some(model)}

    def _clock(self, model: Model) -> dict[str, Any]:
        return {"seconds": self.rng.choice([1, 60, 3600, 43_200, 86_400, 86_400, 2 * 86_400, -3600, -86_400, -2 * 86_400])}

    def _killed(self, model: Model) -> dict[str, Any]:
        verb = self.rng.choice(["ingest", "ingest", "reload", "forget", "replay", "backfill", "retention"])
        arguments = {
            "reload": list(self._reload(model).values()), "backfill": list(self._backfill(model).values()), "forget": self._some(model),
        }.get(verb, [])  # fmt: skip
        return {"verb": verb, "place": int(150 * self.rng.random() ** 1.5), "arguments": arguments}


def next_gap(zone: str, after: datetime) -> datetime:
    """The next day of a zone that has 23 hours (where midnight may not exist), or `after` when there is none."""
    for offset in range(366):
        at = after + timedelta(days=offset)
        before, behind = (moment.astimezone(ZoneInfo(zone)).utcoffset() for moment in (at, at + timedelta(days=1)))
        assert before is not None
        assert behind is not None
        if behind > before:
            return at
    return after
