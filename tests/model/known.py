"""Short sequences that once ended wrong, each with what was wrong."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.model.model import Model
from tests.model.world import Step

NOW = datetime(datetime.now(UTC).year + 1, 3, 10, 12, tzinfo=UTC)
TODAY = str(NOW.date())
ALL_DROPS = {"first": TODAY, "last": TODAY}
INGEST = Step("ingest")


def home() -> Model:
    """A home that keeps four days, on a day ahead of all real ones."""
    return Model("UTC", 4, 100, NOW)


def event(number: int, *, day: int = 0, **fields: Any) -> str:
    """A line of a day before or after the home's today."""
    time = NOW.replace(hour=1) + timedelta(days=day)
    basic = {"event_id": f"e{number}", "event_time": time.isoformat(), "event_type": "click", "campaign_id": "c1", "cost": "0.1"}
    return json.dumps(basic | fields)


def unmapped(number: int, *, day: int = 0) -> str:
    """A line that the source `alt` gives a campaign in one of its two versions only."""
    return event(number, day=day).replace("campaign_id", "c")


def land(name: str, *lines: str, age: int) -> Step:
    return Step("land", {"name": name, "lines": list(lines), "at": (NOW - timedelta(seconds=age)).isoformat()})


def lose(how: str, some: str = "1") -> Step:
    return Step("lose", {"table": "events", "how": how, "day": TODAY, "some": some})


CORRECTED = [land("a.ndjson", event(1), age=50), INGEST, land("b.ndjson", event(1, cost="2"), age=40), INGEST]

KNOWN = {
    # only the drop that brought the identity first was loaded again
    "a correction on a lost day": [*CORRECTED, lose("drop")],
    # as many rows were there as were accepted
    "the part with the correction is lost": [*CORRECTED, lose("detach")],
    # the other drop's count never went down, and the day lacked rows for ever
    "another drop brings an event first when it is loaded again": [
        land("b.ndjson", event(1), event(2), age=10), INGEST, land("a.ndjson", event(1), event(3), age=50), INGEST, lose("drop"),
    ],
    # accepted one too few
    "one line has expired, another is in the future no more": [
        land("a.ndjson", event(1, day=-3), event(2, day=-3), event(3, day=2), age=50), INGEST,
        Step("clock", {"seconds": 2 * 86_400}), Step("reload", ALL_DROPS),
    ],
    # accepted one too many
    "a replay of a drop that was overwritten with fewer events": [
        land("alt/a.ndjson", event(1), event(2), age=50), INGEST, land("alt/a.ndjson", event(1), event(1), unmapped(3), age=40), INGEST,
        Step("source", {"mapped": True}), Step("replay"),
    ],
    # the event was not counted on its day
    "a replay brings an event of a day that its drop had none of": [
        land("alt/a.ndjson", event(1), unmapped(3, day=-2), age=50), INGEST, Step("source", {"mapped": True}), Step("replay"),
    ],
    # forgotten, and its correction stayed in the rollup
    "what a drop corrected has expired, then it was loaded again": [
        land("a.ndjson", event(1, day=-3), age=50), INGEST, land("b.ndjson", event(1, day=-3, cost="2"), event(5), age=40), INGEST,
        Step("clock", {"seconds": 86_400}), Step("reload", ALL_DROPS), Step("forget", {"names": ["b.ndjson"]}),
    ],
    # nobody was found to say the event again
    "who shares an event was replayed since": [
        land("alt/a.ndjson", event(1, cost="2"), unmapped(2, day=-2), age=50), land("b.ndjson", event(1), age=40), INGEST,
        land("c.ndjson", event(1, cost="3"), age=30), land("d.ndjson", event(1, cost="4"), age=60), INGEST,
        Step("source", {"mapped": True}), Step("replay"), Step("forget", {"names": ["b.ndjson", "c.ndjson", "d.ndjson"]}),
    ],
    # a mutation touches the parts of all days: an expired one stood unsettled for good
    "rows of a rollup are deleted while another day has expired": [
        land("a.ndjson", event(1), event(2, day=-3), age=50), INGEST, Step("clock", {"seconds": 86_400}), INGEST,
        Step("lose", {"table": "campaign_daily", "how": "lightweight", "day": TODAY}),
    ],
    # forgotten, though its content stayed: the ledger no longer said that it had corrected
    "a drop that corrected an event was overwritten, and the day has expired": [
        land("a.ndjson", event(1, day=-3), age=50), INGEST, land("b.ndjson", event(1, day=-3, cost="2"), age=40), INGEST,
        land("b.ndjson", event(5), age=30), INGEST, Step("clock", {"seconds": 86_400}), Step("forget", {"names": ["b.ndjson"]}),
    ],
    # refused, though it had nothing on the day that has expired
    "a forgotten drop lands again and corrects an event of another day": [
        land("a.ndjson", event(1), age=50), land("b.ndjson", event(2, day=-3), age=40), INGEST, Step("forget", {"names": ["b.ndjson"]}),
        land("b.ndjson", event(1, cost="2"), age=30), INGEST, Step("clock", {"seconds": 86_400}), Step("forget", {"names": ["b.ndjson"]}),
    ],
    # counted as a duplicate of itself
    "a line is refused by a reload, and its event stays; a replay takes it": [
        Step("source", {"mapped": True}), land("alt/a.ndjson", unmapped(1), age=50), INGEST, Step("source", {"mapped": False}),
        Step("reload", ALL_DROPS), Step("source", {"mapped": True}), Step("replay"),
    ],
}  # fmt: skip
