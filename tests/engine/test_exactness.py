"""Rollups against truth computed apart, in plain Python, for random drops ingested in any order and split."""

import json
import os
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.landing import open_store
from ads_pipeline.pipeline.ingest import ingest, reload
from ads_pipeline.pipeline.run import begin_run
from ads_pipeline.settings import Settings, load_settings
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.statements import Sql
from ads_pipeline.warehouse.warehouse import Warehouse

pytestmark = pytest.mark.usefixtures("engine")

TODAY = datetime.now(UTC).replace(hour=6, minute=0, second=0, microsecond=0)


def random_events(rng: random.Random, count: int) -> list[dict[str, Any]]:
    """Few identities and few values, so that duplicates and corrections abound."""
    return [
        {
            "event_id": f"e{rng.randrange(40)}",
            "event_time": (TODAY - timedelta(days=rng.randrange(3), minutes=rng.randrange(3))).isoformat(),
            "event_type": rng.choice(["impression", "click"]),
            "campaign_id": rng.choice(["c1", "c2"]),
            "cost": rng.choice(["0.1", "0.25", "2"]),
            "user_id": rng.choice(["", "u1", "u2", "u3"]),
        }
        for _ in range(count)
    ]


def truth(drops: list[list[dict[str, Any]]]) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """The event that stays of each identity, and the totals of campaign_daily."""
    kept = {(event["event_time"][:10], event["event_id"], event["event_type"]): event for drop in drops for event in drop}
    totals: dict[Any, list[Any]] = defaultdict(lambda: [0, 0, Decimal(0), set()])
    for (day, *_), event in kept.items():
        row = totals[day, event["campaign_id"]]
        row[0] += event["event_type"] == "impression"
        row[1] += event["event_type"] == "click"
        row[2] += Decimal(event["cost"])
        row[3] |= {event["user_id"]} - {""}
    return kept, {key: (*row[:3], len(row[3])) for key, row in totals.items()}


def rollup_rows(warehouse: Warehouse) -> dict[Any, Any]:
    rows = warehouse.rows(Sql("SELECT * FROM campaign_daily_report"))
    return {(str(r["event_date"]), r["campaign_id"]): (r["impressions"], r["clicks"], r["cost"], r["users"]) for r in rows}


def raw_rows(warehouse: Warehouse) -> dict[Any, Any]:
    rows = warehouse.rows(Sql("SELECT toString(event_date) AS day, event_id, campaign_id, event_type, cost FROM events FINAL"))
    return {(r["day"], r["event_id"], r["event_type"]): (r["campaign_id"], r["event_type"], r["cost"]) for r in rows}


def drop_name(number: int) -> str:
    """Names are in another order than numbers."""
    return f"events/{(number * 7919) % 1000:03}-{number}.ndjson"


def write_drop(settings: Settings, number: int, lines: list[str]) -> None:
    """Drop `number`: its time of landing follows its number, whenever it is written."""
    path = Path(settings.landing) / drop_name(number)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))
    landed = (TODAY - timedelta(hours=7)).timestamp() + number  # yesterday at 23:00: past and recent at any hour of today
    os.utime(path, (landed, landed))


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 12))])
def test_any_order_of_drops_and_calls_ends_in_the_truth(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    drops = [random_events(rng, rng.randrange(1, 30)) for _ in range(8)]
    settings = load_settings(home=tmp_path, batch_drops=rng.choice([1, 2, 100]))
    order = list(range(len(drops)))
    rng.shuffle(order)
    accounted = 0
    with open_warehouse(settings, write=True) as warehouse:
        store = open_store(settings)
        for number in order:
            write_drop(settings, number, [json.dumps(event) for event in drops[number]])
            if rng.random() < 0.5:
                accounted += ingest(begin_run(warehouse, settings), store, limit=rng.choice([None, 1])).counts.lines
        while (report := ingest(begin_run(warehouse, settings), store)).drops:
            accounted += report.counts.lines
        kept, totals = truth(drops)
        assert accounted == sum(map(len, drops))
        assert raw_rows(warehouse) == {
            key: (event["campaign_id"], event["event_type"], Decimal(event["cost"])) for key, event in kept.items()
        }
        assert rollup_rows(warehouse) == totals
        before = ledger(warehouse)
        assert sum(row["accepted"] for row in before) == len(kept)
        assert all(row["lines"] == row["accepted"] + row["duplicates"] + row["corrections"] for row in before)

        today = datetime.now(UTC).date()
        reload(begin_run(warehouse, settings), store, today - timedelta(days=2), today)
        assert rollup_rows(warehouse) == totals
        assert sum(row["accepted"] for row in ledger(warehouse)) == len(kept)


@pytest.mark.further
def test_a_reload_counts_as_the_first_time(tmp_path: Path) -> None:
    rng = random.Random(1)
    drops = [random_events(rng, 20) for _ in range(6)]
    settings = load_settings(home=tmp_path, batch_drops=2)
    today = datetime.now(UTC).date()
    with open_warehouse(settings, write=True) as warehouse:
        for number, drop in enumerate(drops):
            write_drop(settings, number, [json.dumps(event) for event in drop])
        ingest(begin_run(warehouse, settings), open_store(settings))
        before = ledger(warehouse)
        reload(begin_run(warehouse, settings), open_store(settings), today - timedelta(days=2), today)
        assert ledger(warehouse) == before


def ledger(warehouse: Warehouse) -> list[dict[str, Any]]:
    return warehouse.rows(Sql("SELECT drop, lines, accepted, duplicates, corrections, quarantined FROM drops FINAL ORDER BY drop"))
