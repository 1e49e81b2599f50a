"""Retention: enforced on raw rows, and never at the cost of results."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from ads_pipeline.errors import RetentionError, SettingsError
from ads_pipeline.pipeline.backfill import accept_days, backfill, plan_backfill
from ads_pipeline.pipeline.changes import plan_changes
from ads_pipeline.pipeline.inventory import take_inventory
from ads_pipeline.pipeline.quality import choose_checks, run_check
from ads_pipeline.pipeline.rebuild import note_days
from ads_pipeline.pipeline.retention import enforce_retention, kept_from, retention_of
from ads_pipeline.pipeline.run import apply_changes, begin_run
from ads_pipeline.warehouse.statements import Sql
from tests.engine.conftest import Home, days, event

NOW = datetime.now(UTC)
TODAY = NOW.date()


def ago(count: int) -> str:
    return (TODAY - timedelta(days=count)).isoformat()


def rollup(home: Home) -> list[tuple[str, int]]:
    return [(str(row["event_date"]), row["clicks"]) for row in home.ask("SELECT * FROM campaign_daily_report ORDER BY event_date")]


def test_events_past_retention_or_in_the_future_go_to_quarantine(home: Home) -> None:
    soon, far = ((NOW + timedelta(hours=hours)).isoformat() for hours in (23, 25))
    home.land("a.ndjson", event(1, day=ago(29)), event(2, day=ago(30)), event(3, event_time=soon), event(4, event_time=far))
    counts = home.ingest().counts
    assert (counts.accepted, counts.quarantined) == (2, 2)
    reasons = home.ask("SELECT reasons FROM quarantine FINAL ORDER BY line_number")
    assert [row["reasons"] for row in reasons] == [["expired"], ["future"]]
    assert sum(clicks for _, clicks in rollup(home)) == 2


@pytest.mark.each_engine
def test_the_job_drops_raw_days_and_rollups_outlive_them(home: Home) -> None:
    home.land("a.ndjson", event(1, day=ago(29)), event(2, day=ago(29)), event(3))
    home.ingest()
    before, later = rollup(home), NOW + timedelta(days=1)
    assert days(enforce_retention(home.warehouse, home.settings, later, dry_run=True)) == [ago(29)]
    assert len(home.ask("SELECT 1 FROM events")) == 3
    assert days(enforce_retention(home.warehouse, home.settings, later)) == [ago(29)]
    assert enforce_retention(home.warehouse, home.settings, later) == []
    assert len(home.ask("SELECT 1 FROM events")) == 1
    assert rollup(home) == before


def test_a_day_that_has_begun_to_expire_is_not_rebuilt(home: Home) -> None:
    home.land("a.ndjson", *(event(number, day=ago(2)) for number in range(100)))
    home.ingest()
    before = rollup(home)
    for shard in home.warehouse.shards:
        shard.run(Sql("ALTER TABLE events DELETE WHERE event_id < 'e73'"))
    run = begin_run(home.warehouse, home.settings)
    with pytest.raises(RetentionError, match=r"are missing: .* of the 100 events accepted; nothing was changed"):
        backfill(run, plan_backfill(run, run.rollups, TODAY - timedelta(days=5), TODAY))
    assert rollup(home) == before


def test_an_expired_day_is_refused_whole_and_named(make_home: Callable[..., Home]) -> None:
    home = make_home(retention_days=30)
    apply_changes(home.warehouse, home.settings)
    home.land("a.ndjson", event(1, day=ago(10)), event(2))
    home.ingest()
    before = rollup(home)
    home = make_home(retention_days=7)
    apply_changes(home.warehouse, home.settings)
    run = begin_run(home.warehouse, home.settings)
    with pytest.raises(RetentionError, match=f"raw rows of {ago(10)} have expired.*nothing was changed"):
        backfill(run, plan_backfill(run, run.rollups, TODAY - timedelta(days=15), TODAY))
    assert rollup(home) == before
    run = begin_run(home.warehouse, home.settings)
    plan = plan_backfill(run, run.rollups, TODAY - timedelta(days=6), TODAY)
    assert backfill(run, plan) == [TODAY]
    assert rollup(home) == before


def test_a_longer_retention_does_not_bring_days_back(make_home: Callable[..., Home]) -> None:
    home = make_home(retention_days=30)
    home.land("a.ndjson", event(1), event(2, day=ago(10)))
    home.ingest()
    home = make_home(retention_days=7)
    apply_changes(home.warehouse, home.settings)
    home = make_home(retention_days=30)
    begin_run(home.warehouse, home.settings)
    assert retention_of(take_inventory(home.warehouse).shards["events"].definition) == (30, True)
    assert kept_from(home.warehouse, home.settings) == TODAY - timedelta(days=9)
    home.land("b.ndjson", event(2, day=ago(10)), event(3, day=ago(9)))
    counts = home.ingest().counts
    assert (counts.quarantined, counts.accepted) == (1, 1)


def test_a_longer_retention_takes_days_that_never_had_an_event(make_home: Callable[..., Home]) -> None:
    home = make_home(retention_days=30)
    home.land("a.ndjson", event(1))
    home.ingest()
    home = make_home(retention_days=0)
    home.land("b.ndjson", event(2, day="2022-01-01"))
    assert home.ingest().counts.accepted == 1


def test_a_shorter_retention_waits_for_init(make_home: Callable[..., Home]) -> None:
    home = make_home(retention_days=30)
    apply_changes(home.warehouse, home.settings)
    home = make_home(retention_days=7)
    with pytest.raises(SettingsError, match="Apply it with `ads init`"):
        begin_run(home.warehouse, home.settings)
    (check,) = choose_checks(home.settings, ("retention",))
    assert not run_check(home.warehouse, home.settings, check).passed
    assert [change.kind for change in plan_changes(home.warehouse, home.settings)] == ["retention"]
    apply_changes(home.warehouse, home.settings)
    assert run_check(home.warehouse, home.settings, check).passed


def test_nothing_expires_with_retention_0(make_home: Callable[..., Home]) -> None:
    home = make_home(retention_days=0)
    home.land("a.ndjson", event(1, day="1999-12-31"))
    assert home.ingest().counts.accepted == 1
    assert enforce_retention(home.warehouse, home.settings, NOW + timedelta(days=9000)) == []


def test_another_time_zone_is_refused(make_home: Callable[..., Home]) -> None:
    home = make_home()
    apply_changes(home.warehouse, home.settings)
    home = make_home(timezone="Asia/Tokyo")
    with pytest.raises(SettingsError, match="the days of this database are days of UTC"):
        begin_run(home.warehouse, home.settings)


def test_days_are_those_of_the_reporting_zone(make_home: Callable[..., Home]) -> None:
    home = make_home(timezone="Pacific/Auckland")
    yesterday = TODAY - timedelta(days=1)
    home.land("a.ndjson", event(1, event_time=f"{yesterday}T20:00:00Z"))
    home.ingest()
    assert rollup(home) == [(TODAY.isoformat(), 1)]


def test_a_day_that_expired_unsettled_is_accepted_as_it_is(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    home.land("a.ndjson", event(1, day=ago(20)), event(2))
    home.ingest()
    before = rollup(home)
    note_days(home.warehouse, "dead", [TODAY - timedelta(days=20)], settled=False)
    later = NOW + timedelta(days=15)
    home.warehouse.now = lambda: later  # type: ignore[method-assign]
    begin_run(home.warehouse, home.settings)
    assert "accept it with `ads backfill --as-is`" in caplog.text
    (check,) = choose_checks(home.settings, ("settled",))
    assert not run_check(home.warehouse, home.settings, check).passed
    assert days(
        [{"event_date": day} for day in accept_days(begin_run(home.warehouse, home.settings), TODAY - timedelta(days=30), TODAY)]
    ) == [ago(20)]
    assert run_check(home.warehouse, home.settings, check).passed
    assert rollup(home) == before


@pytest.mark.each_engine
def test_the_tables_own_ttl_lies_behind_the_bound(make_home: Callable[..., Home]) -> None:
    home = make_home(retention_days=7, timezone="America/Havana")
    apply_changes(home.warehouse, home.settings)
    for shard in home.warehouse.shards:
        for number in range(12):
            shard.run(Sql(f"INSERT INTO events (event_id, event_date) VALUES ('{number}', '{ago(number)}')"))
            shard.run(Sql(f"OPTIMIZE TABLE events PARTITION '{ago(number)}' FINAL"))
    kept = {row["day"] for row in home.ask("SELECT DISTINCT toString(event_date) AS day FROM events")}
    assert {ago(number) for number in range(8)} <= kept
    assert ago(11) not in kept
