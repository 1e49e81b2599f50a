"""Large batches, whose rows are attached as they were staged: the same rows, rollups and counts as of rows that are inserted."""

import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.pipeline import attaching
from ads_pipeline.pipeline.retention import TTL_MARGIN
from ads_pipeline.pipeline.rollup_facts import apart_of
from ads_pipeline.pipeline.run import apply_changes
from ads_pipeline.warehouse.connection import Connection
from ads_pipeline.warehouse.state import read_state
from ads_pipeline.warehouse.statements import Sql
from tests.engine.conftest import Home, assert_green
from tests.engine.test_exactness import random_events, rollup_rows, truth

pytestmark = pytest.mark.each_engine

LINEAGE = "event_id, event_type, event_date, cost, campaign_id, drop, line_number, record, origin, version, confirmed_by, confirmed_line"


@pytest.fixture(autouse=True)
def inserts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every batch is large. Returns the inserts into `events`."""
    found, run = list[str](), Connection.run

    def noted(self: Connection, sql: Sql, **parameters: Any) -> None:
        text = sql.render(self.dialect)
        if "INSERT INTO `events`" in text:
            found.append(text)
        run(self, sql, **parameters)

    monkeypatch.setattr(Connection, "run", noted)
    monkeypatch.setattr(attaching, "LARGE", 1)
    return found


def assert_attached(home: Home, inserts: list[str]) -> None:
    """Except on replicated tables, which leave out parts that are alike."""
    assert bool(inserts) == bool(home.warehouse.shards[0].connection.dialect.replicated)


def test_repeats_within_the_batch_come_to_the_same_rows_as_by_an_insert(
    home: Home, inserts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    drops = [random_events(random.Random(seed), 60) for seed in range(3)]
    drops[2] += drops[2][-9:]
    for number, drop in enumerate(drops):
        home.land(f"events/{number}.ndjson", *drop, "no json")
    attached = home.ingest().counts
    rows = home.ask(f"SELECT {LINEAGE} FROM events FINAL ORDER BY {LINEAGE}")
    kept, totals = truth(drops)
    assert_attached(home, inserts)
    assert (len(rows), rollup_rows(home.warehouse)) == (len(kept), totals)
    assert_green(home)
    assert attached.duplicates > 0 < attached.corrections

    for table in ("events", "campaign_daily", "publisher_daily"):
        for shard in home.warehouse.shards:
            shard.run(Sql(f"TRUNCATE TABLE {table}"))
    for table in ("drops", "drop_days", "batch_days", "day_parts", "quarantine"):
        home.warehouse.run(Sql(f"TRUNCATE TABLE {table}"))
    monkeypatch.setattr(attaching, "LARGE", 1000)
    assert home.ingest().counts == attached
    assert inserts != []
    assert home.ask(f"SELECT {LINEAGE} FROM events FINAL ORDER BY {LINEAGE}") == rows


def test_new_rows_of_a_day_that_has_some_are_attached(home: Home, inserts: list[str]) -> None:
    drops = [random_events(random.Random(number), 30) for number in (1, 2)]
    for event in drops[1]:
        event["event_id"] += "b"
    for number, drop in enumerate(drops):
        home.land(f"events/{number}.ndjson", *drop)
        home.ingest()
    assert_attached(home, inserts)
    assert rollup_rows(home.warehouse) == truth(drops)[1]
    assert_green(home)


def test_rows_that_are_there_already_are_not_attached(home: Home, inserts: list[str]) -> None:
    drops = [random_events(random.Random(number), 60) for number in (1, 2)]
    for number, drop in enumerate(drops):
        home.land(f"events/{number}.ndjson", *drop)
        home.ingest()
    assert inserts != []
    assert rollup_rows(home.warehouse) == truth(drops)[1]
    assert_green(home)


def test_rows_that_are_attached_expire_by_the_tables_own_ttl(home: Home) -> None:
    """A part says itself when it expires; one that does not would stay until somebody merges it."""
    drops = [random_events(random.Random(number), 60) for number in (1, 2, 1)]
    for number, drop in enumerate(drops):
        home.land(f"events/{number}.ndjson", *drop, "no json")
        home.ingest()
    parts = [
        row
        for shard in home.warehouse.shards
        for row in shard.rows(
            Sql(
                "SELECT toDate(partition) AS day, toDate(delete_ttl_info_max) AS expires FROM system.parts "
                "WHERE database = currentDatabase() AND table = 'events' AND active"
            )
        )
    ]
    assert parts
    assert all(row["expires"] == row["day"] + timedelta(days=home.settings.retention_days + TTL_MARGIN) for row in parts)


def test_repeats_that_merges_have_removed_are_no_loss(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    """Not even after a mutation of no row, which renames the parts of every day."""
    drop = random_events(random.Random(1), 90)
    home.land("events/a.ndjson", *drop)
    home.ingest()
    for shard in home.warehouse.shards:
        shard.run(Sql("OPTIMIZE TABLE events FINAL"))
    home.ingest()
    (Path(home.settings.landing) / "events" / "a.ndjson").unlink()
    for shard in home.warehouse.shards:
        shard.run(Sql("ALTER TABLE events DELETE WHERE event_id = 'no event has it'"))
    home.ingest()
    assert "have been lost" not in caplog.text
    assert rollup_rows(home.warehouse) == truth([drop])[1]
    assert_green(home)


def test_a_view_of_somebody_else_gets_the_rows(home: Home, inserts: list[str]) -> None:
    if home.warehouse.connection.dialect.replicated:
        pytest.skip("on a cluster rows are inserted in any case")
    home.warehouse.run(Sql("CREATE TABLE seen (event_id String) ENGINE = MergeTree ORDER BY event_id"))
    home.warehouse.run(Sql("CREATE MATERIALIZED VIEW seen_view TO seen AS SELECT event_id FROM events"))
    drop = random_events(random.Random(1), 30)
    home.land("events/a.ndjson", *drop)
    home.ingest()
    assert inserts != []
    assert {row["event_id"] for row in home.ask("SELECT event_id FROM seen")} == {event["event_id"] for event in drop}


def test_a_projection_that_somebody_has_added_keeps_no_batch_out(home: Home, inserts: list[str]) -> None:
    if home.warehouse.connection.dialect.replicated:
        pytest.skip("on a cluster its tables are altered everywhere")
    for table in ("events", "campaign_daily"):
        home.warehouse.run(Sql(f"ALTER TABLE {table} MODIFY SETTING deduplicate_merge_projection_mode = 'rebuild'"))
        home.warehouse.run(Sql(f"ALTER TABLE {table} ADD PROJECTION mine (SELECT campaign_id, sum(cost) GROUP BY campaign_id)"))
    drops = [random_events(random.Random(number), 60) for number in (1, 2)]
    for number, drop in enumerate(drops):
        home.land(f"events/{number}.ndjson", *drop, *drop[:9])
        home.ingest()
        if not number:
            assert_attached(home, inserts)
    assert rollup_rows(home.warehouse) == truth([drop + drop[:9] for drop in drops])[1]
    assert_green(home)


def test_a_rollup_that_throws_is_set_apart_and_the_others_go_on(make_home: Callable[..., Home], inserts: list[str], tmp_path: Path) -> None:
    rollup = tmp_path / "sql" / "rollups" / "throwing.sql"
    rollup.parent.mkdir(parents=True)
    rollup.write_text(
        "SELECT event_date, campaign_id, sumSimpleState(toUInt64(throwIf(user_id = 'u3'))) AS bad\n"
        "FROM events\nGROUP BY event_date, campaign_id"
    )
    home = make_home(sql_dir=tmp_path / "sql")
    apply_changes(home.warehouse, home.settings)
    drop = random_events(random.Random(1), 30)
    home.land("events/a.ndjson", *drop)
    home.ingest()
    assert_attached(home, inserts)
    assert rollup_rows(home.warehouse) == truth([drop])[1]
    assert apart_of(read_state(home.warehouse), "throwing")
