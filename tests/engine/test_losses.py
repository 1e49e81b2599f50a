"""Raw rows that are gone: nothing is computed from what is left, and the next ingest loads them again by itself."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ads_pipeline.errors import RetentionError
from ads_pipeline.pipeline.backfill import backfill, plan_backfill
from ads_pipeline.pipeline.ingest import reload
from ads_pipeline.pipeline.quality import all_checks, run_check
from ads_pipeline.pipeline.run import begin_run
from ads_pipeline.warehouse.statements import Sql
from tests.engine.conftest import Home, event

TODAY = datetime.now(UTC).date()

LOSSES = {
    "partition": "ALTER TABLE events DROP PARTITION '{day}'",
    "part": "ALTER TABLE events DETACH PART '{part}'",
    "mutation": "ALTER TABLE events DELETE WHERE event_id IN ('e3', 'e5')",
    "lightweight": "DELETE FROM events WHERE event_id IN ('e3', 'e5')",
}


def lose(home: Home, kind: str) -> None:
    for shard in home.warehouse.shards:
        parts = "SELECT name FROM system.parts WHERE database = currentDatabase() AND table = 'events' AND active ORDER BY name"
        part = (shard.column(Sql(parts)) or ["none"])[0]
        shard.run(Sql(LOSSES[kind].format(day=TODAY, part=part)))


def clicks(home: Home) -> list[tuple[int, str]]:
    rows = home.ask("SELECT sum(clicks) AS clicks, toString(sum(cost)) AS cost FROM campaign_daily_report")
    return [(row["clicks"], row["cost"]) for row in rows]


def red(home: Home) -> list[str]:
    """Checks that say of the data that it is wrong."""
    checks = [check for check in all_checks(home.settings) if check.severity == "error"]
    return [check.full_name for check in checks if not run_check(home.warehouse, home.settings, check).passed]


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=[pytest.mark.slow] * (kind in ("partition", "lightweight"))) for kind in LOSSES])
def test_a_correction_on_a_day_that_has_lost_rows_ends_in_the_truth(kind: str, home: Home) -> None:
    home.land("a.ndjson", *(event(number) for number in range(10)))
    home.ingest()
    home.land("b.ndjson", *(event(number) for number in range(10, 20)))
    home.ingest()
    lose(home, kind)
    home.land("c.ndjson", event(5, cost="1"), event(30))
    assert home.ingest().counts.lines >= 12
    assert clicks(home) == [(21, "6")]
    assert red(home) == []


@pytest.mark.further
def test_what_cannot_be_loaded_again_is_never_swapped_in(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    home.land("a.ndjson", *(event(number) for number in range(10)))
    home.ingest()
    lose(home, "mutation")
    path = Path(home.settings.landing) / "a.ndjson"
    landed = path.stat().st_mtime_ns
    path.unlink()
    home.land("b.ndjson", event(1, cost="1"), event(30))
    home.ingest()
    assert clicks(home) == [(10, "2.5")]
    assert {"events.settled", "events.raw_complete"} <= set(red(home))
    assert f"{TODAY} holds 8 of the 10 events accepted: their rollups stay as they are. `ads ingest` loads their drops again" in caplog.text
    run = begin_run(home.warehouse, home.settings)
    with pytest.raises(RetentionError, match=r"are missing: .* nothing was changed"):
        backfill(run, plan_backfill(run, run.rollups, TODAY, TODAY))
    home.land("a.ndjson", *(event(number) for number in range(10)))
    os.utime(path, ns=(landed, landed))
    home.ingest()
    assert clicks(home) == [(11, "3.5")]
    assert red(home) == []


@pytest.mark.each_engine
def test_a_reload_after_a_loss_doubles_nothing(home: Home) -> None:
    home.land("a.ndjson", *(event(number) for number in range(10)))
    home.ingest()
    lose(home, "partition")
    reload(begin_run(home.warehouse, home.settings), home.store, TODAY, TODAY)
    assert clicks(home) == [(10, "2.5")]
    assert red(home) == []


def test_a_rollup_that_has_lost_rows_is_rebuilt(home: Home) -> None:
    home.land("a.ndjson", *(event(number) for number in range(10)))
    home.ingest()
    for shard in home.warehouse.shards:
        shard.run(Sql(f"ALTER TABLE campaign_daily DROP PARTITION '{TODAY}'"))
    assert home.ingest().counts.lines == 0
    assert clicks(home) == [(10, "2.5")]
    assert red(home) == []


@pytest.mark.further
def test_nothing_is_noticed_where_nothing_is_lost(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(4):
        home.land(f"{number}.ndjson", event(number), event(9, cost=f"{number}"))
        home.ingest()
    for table in ("events", "campaign_daily"):
        for shard in home.warehouse.shards:
            shard.run(Sql(f"OPTIMIZE TABLE {table} FINAL"))
    home.ingest()
    assert "are checked again" not in caplog.text


def test_a_drop_that_vanished_while_it_was_loaded_has_an_end(home: Home) -> None:
    home.land("a.ndjson", event(1), event(2))
    home.ingest()
    home.warehouse.run(Sql("INSERT INTO drops (drop, source, status, batch, revision) VALUES ('b.ndjson', 'events', 'loading', 'dead', 1)"))
    home.ingest()
    rows = home.ask("SELECT toString(status) AS status, lines, error FROM drops FINAL WHERE drop = 'b.ndjson'")
    text = "gone from the landing store before it was loaded; nothing of it had been published"
    assert rows == [{"status": "vanished", "lines": 0, "error": text}]
    assert red(home) == []
    home.land("b.ndjson", event(3))
    assert home.ingest().counts.accepted == 1


def test_an_overwritten_drop_leaves_the_events_that_it_no_longer_has(home: Home) -> None:
    home.land("a.ndjson", event(1), event(2))
    home.ingest()
    home.land("a.ndjson", event(2, cost="1"), event(3), "refused")
    home.ingest()
    rows = home.ask("SELECT lines, accepted, duplicates + corrections AS repeated, quarantined FROM drops FINAL")
    assert rows == [{"lines": 3, "accepted": 2, "repeated": 0, "quarantined": 1}]
    assert clicks(home) == [(3, "1.5")]
    assert red(home) == []


def test_counts_stay_when_a_drop_is_loaded_again_after_part_of_it_expired(home: Home) -> None:
    old = (TODAY - timedelta(days=20)).isoformat()
    home.land("a.ndjson", event(1, day=old), event(1, day=old), event(2, day=old), event(3), event(3), "refused")
    counts = home.ingest().counts
    later = datetime.now(UTC) + timedelta(days=15)
    home.warehouse.now = lambda: later  # type: ignore[method-assign]
    assert reload(begin_run(home.warehouse, home.settings), home.store, TODAY, TODAY).counts == counts
    assert [json.loads(row["line"]) if row["line"] != "refused" else 0 for row in home.ask("SELECT line FROM quarantine FINAL")] == [0]
    assert clicks(home) == [(3, "0.75")]


@pytest.mark.parametrize(
    "table", ["drop_days", "drops", *(pytest.param(name, marks=pytest.mark.slow) for name in ("quarantine", "day_parts"))]
)
def test_lost_bookkeeping_is_made_anew(table: str, home: Home) -> None:
    home.land("a.ndjson", *(event(number) for number in range(10)), "refused")
    home.ingest()
    home.warehouse.run(Sql(f"TRUNCATE TABLE {table}"))
    home.ingest()
    assert clicks(home) == [(10, "2.5")]
    assert red(home) == []
    rows = home.ask("SELECT lines, accepted, quarantined, (SELECT count() FROM quarantine FINAL) AS held FROM drops FINAL")
    assert rows == [{"lines": 11, "accepted": 10, "quarantined": 1, "held": 1}]
    assert home.ingest().counts.lines == 0
