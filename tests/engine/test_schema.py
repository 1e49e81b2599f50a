"""Migrations, and what follows from a rollup's file: made, filled, changed, refused."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ads_pipeline.errors import EngineError, SettingsError
from ads_pipeline.pipeline.changes import plan_changes
from ads_pipeline.pipeline.quality import all_checks, run_check
from ads_pipeline.pipeline.rollups import all_rollups
from ads_pipeline.pipeline.run import apply_changes, begin_run
from ads_pipeline.warehouse import migrations
from ads_pipeline.warehouse.migrations import Migration, all_migrations
from ads_pipeline.warehouse.statements import Sql
from tests.engine.conftest import Home, event

TODAY = datetime.now(UTC).date()
COUNTRIES = """
-- grain: one event day and country
SELECT event_date, country, sumSimpleState(toUInt64(1)) AS events{more} FROM events GROUP BY event_date, country
"""


@pytest.fixture
def rollup_file(tmp_path: Path) -> Path:
    path = tmp_path / "more" / "rollups" / "country_daily.sql"
    path.parent.mkdir(parents=True)
    path.write_text(COUNTRIES.format(more=""))
    return path


def assert_exact(home: Home) -> None:
    for check in all_checks(home.settings):
        result = run_check(home.warehouse, home.settings, check)
        assert result.passed, result


@pytest.mark.each_engine
def test_init_twice_is_init_once(home: Home) -> None:
    assert plan_changes(home.warehouse, home.settings) == []
    assert apply_changes(home.warehouse, home.settings) == []


def test_an_edited_migration_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    edited = [Migration(item.version, item.name, Sql(item.sql.text + " SETTINGS x = 1")) for item in all_migrations()]
    monkeypatch.setattr(migrations, "all_migrations", lambda: edited)
    with pytest.raises(SettingsError, match=r"migration 0001_events.sql was edited after it was applied"):
        plan_changes(home.warehouse, home.settings)


def test_a_database_of_a_newer_release_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    older = all_migrations()[:-1]
    monkeypatch.setattr(migrations, "all_migrations", lambda: older)
    with pytest.raises(SettingsError, match="install a newer release"):
        plan_changes(home.warehouse, home.settings)


def test_a_new_rollup_is_one_file(home: Home, make_home: Callable[..., Home], rollup_file: Path) -> None:
    home.land("a.ndjson", event(1, country="DE"), event(2, country="DE"), event(3, country="FR"))
    home.ingest()
    home = make_home(sql_dir=rollup_file.parents[1])
    home.land("b.ndjson", event(4, country="FR"))
    home.ingest()
    assert home.ask("SELECT country, events FROM country_daily_report ORDER BY country") == [
        {"country": "DE", "events": 2},
        {"country": "FR", "events": 2},
    ]
    assert_exact(home)


@pytest.mark.each_engine
def test_a_changed_rollup_waits_for_init_and_is_rebuilt(make_home: Callable[..., Home], rollup_file: Path) -> None:
    home = make_home(sql_dir=rollup_file.parents[1])
    home.land("a.ndjson", event(1, country="DE"), event(2, country="DE", cost="1"))
    home.ingest()
    rollup_file.write_text(COUNTRIES.format(more=", sumSimpleState(cost) AS cost"))
    with pytest.raises(SettingsError, match="rebuild rollup country_daily: its SELECT has changed"):
        begin_run(home.warehouse, home.settings)
    assert [change.kind for change in apply_changes(home.warehouse, home.settings)] == ["changed rollup"]
    assert [str(row["cost"]) for row in home.ask("SELECT cost FROM country_daily_report")] == ["1.250000000"]
    home.land("b.ndjson", event(3, country="DE"))
    home.ingest()
    assert_exact(home)


def test_days_whose_raw_rows_are_gone_are_carried_over_or_keep_the_old_select(make_home: Callable[..., Home], rollup_file: Path) -> None:
    old = (TODAY - timedelta(days=10)).isoformat()
    home = make_home(sql_dir=rollup_file.parents[1])
    home.land("a.ndjson", event(1, country="DE", day=old), event(2, country="DE"))
    home.ingest()
    home = make_home(sql_dir=rollup_file.parents[1], retention_days=7)
    apply_changes(home.warehouse, home.settings)
    rollup_file.write_text(COUNTRIES.format(more=", sumSimpleState(cost) AS cost"))
    apply_changes(home.warehouse, home.settings)
    rows = home.ask("SELECT toString(event_date) AS day, events, toString(cost) AS cost FROM country_daily_report ORDER BY day")
    assert rows == [{"day": old, "events": 1, "cost": "0"}, {"day": TODAY.isoformat(), "events": 1, "cost": "0.25"}]
    rollup_file.write_text(COUNTRIES.format(more="").replace("country", "device"))
    with pytest.raises(SettingsError, match="changes its dimensions, and 1 of its days"):
        apply_changes(home.warehouse, home.settings)
    assert len(home.ask("SELECT 1 FROM country_daily_report")) == 2


def test_a_select_that_is_no_rollup_is_refused(make_home: Callable[..., Home], rollup_file: Path) -> None:
    rollup_file.write_text("SELECT country, count() AS n FROM events GROUP BY country")
    home = make_home(sql_dir=rollup_file.parents[1])
    with pytest.raises(SettingsError, match="has to yield event_date"):
        apply_changes(home.warehouse, home.settings)


def test_statements_carry_who_asks(home: Home) -> None:
    with home.warehouse.tagged(asset="events", batch="b1"):
        comment = home.ask("SELECT getSetting('log_comment') AS comment")[0]["comment"]
    assert json.loads(comment).items() >= {"application": "ads_pipeline", "asset": "events", "batch": "b1"}.items()
    assert len(all_rollups(home.warehouse, home.settings)) == 2


@pytest.mark.each_engine
def test_nothing_of_a_failed_statement_is_in_the_next_answer(home: Home) -> None:
    failing = "SELECT number, 'of another' AS text FROM numbers(100000) SETTINGS max_result_rows = 5000, max_block_size = 1000"
    for form in ("JSONEachRow", "CSVWithNames", "Parquet", "ArrowStream"):
        with pytest.raises(EngineError):
            home.warehouse.raw(Sql(f"{failing}, result_overflow_mode = 'throw'"), form)
        assert b"of another" not in home.warehouse.raw(Sql("SELECT 42 AS number"), form)
        assert home.warehouse.value(Sql("SELECT 42")) == 42, form


@pytest.mark.further
def test_a_table_that_is_gone_is_made_again_and_filled(home: Home) -> None:
    home.land("a.ndjson", event(1), event(2), "refused")
    home.ingest()
    places = {"events": home.warehouse.ddl, "drops": home.warehouse, "events_current": home.warehouse.ddl}
    for number, (table, place) in enumerate(places.items()):
        place.run(Sql(f"DROP TABLE {table} {{{{ on_cluster }}}} SYNC", {}))
        assert "migration" in [change.kind for change in plan_changes(home.warehouse, home.settings)]
        home.land(f"{number}.ndjson", event(1, cost=str(number)), event(10 + number))
        home.ingest()
        assert plan_changes(home.warehouse, home.settings) == []
        wanted = {"clicks": 3 + number, "cost": f"{number + 0.25 * (2 + number)}".removesuffix(".0")}
        assert home.ask("SELECT count() AS clicks, toString(sum(cost)) AS cost FROM events_current") == [wanted]
        assert home.ask("SELECT sum(clicks) AS clicks, toString(sum(cost)) AS cost FROM campaign_daily") == [wanted]
        assert home.ask("SELECT sum(accepted) AS n FROM drops FINAL") == [{"n": 3 + number}]
