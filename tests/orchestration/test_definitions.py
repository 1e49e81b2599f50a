"""The Dagster code location: what it holds, that loading it opens nothing, and real runs of it."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from ads_pipeline.defs.ranges import range_tags

from ads_pipeline.definitions import build_defs
from ads_pipeline.defs.resources import Engine
from ads_pipeline.defs.runs import EVERYTHING, LOADED
from ads_pipeline.errors import EngineError, TransientError
from ads_pipeline.generate import generate
from ads_pipeline.settings import Settings, load_settings
from ads_pipeline.warehouse.opening import open_warehouse
from tests.engines import cluster, engine, server
from tests.made import put_database

__all__ = ["cluster", "engine", "server"]

TODAY = datetime.now(UTC).date()


def day(back: int) -> str:
    return (TODAY - timedelta(days=back)).isoformat()


@pytest.fixture
def settings(tmp_path: Path, engine: str) -> Settings:
    generate(tmp_path / "landing", events=2000, days=3, drops=6, duplicates=5, corrections=5, malformed=2)
    settings = load_settings(home=tmp_path)
    put_database(settings)
    return settings


def run(settings: Settings, instance: dg.DagsterInstance, days: int = 3) -> dg.ExecuteInProcessResult:
    tags = range_tags((TODAY - timedelta(days=days)).isoformat(), TODAY.isoformat())
    return build_defs(settings).resolve_job_def("ingest").execute_in_process(instance=instance, tags=tags, raise_on_error=False)


def test_a_fresh_interpreter_loads_it_without_engine_or_network() -> None:
    code = (
        "import sys, socket; socket.socket.connect = None\n"
        "import ads_pipeline.definitions as d\n"
        "print(sorted(m for m in ('chdb', '_chdb', 'obstore') if m in sys.modules), len(d.defs().resolve_all_asset_keys()))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "[] 5\n"), result.stderr


def test_importing_build_defs_reads_no_settings() -> None:
    code = "from ads_pipeline import build_defs; print(build_defs.__name__)"
    environment = {**os.environ, "ADS_RETENTION_DAYS": "soon"}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "build_defs\n"), result.stderr


def test_what_it_holds() -> None:
    repository = build_defs(load_settings()).get_repository_def()
    assert sorted(key.to_user_string() for key in repository.asset_graph.get_all_asset_keys()) == [
        "campaign_daily", "events", "landing", "publisher_daily", "quarantine",
    ]  # fmt: skip
    assert sorted(f"{key.asset_key.to_user_string()}.{key.name}" for key in repository.asset_graph.asset_check_keys) == [
        "campaign_daily.exact", "campaign_daily.fresh", "events.corrections_share", "events.drops_waiting", "events.ids_of_two_types",
        "events.ids_on_two_days", "events.lines_accounted", "events.negative_share", "events.no_failed_drop",
        "events.quarantined_share", "events.raw_complete", "events.recent", "events.retention", "events.settled",
        "events.unique_identity", "publisher_daily.exact", "publisher_daily.fresh",
    ]  # fmt: skip
    assert {schedule.name: schedule.cron_schedule for schedule in repository.schedule_defs} == {
        "ingest_hourly": "7 * * * *",
        "watch_quarterly": "*/15 * * * *",
        "retention_daily": "20 0 * * *",
        "housekeeping_daily": "40 0 * * *",
    }
    assert sorted(sensor.name for sensor in repository.sensor_defs) == ["alerts", "log_failed_runs", "new_drops"]
    assert {job.name for job in repository.get_all_jobs()} >= {"ingest", "watch", "retention", "housekeeping"}


@pytest.mark.each_engine
def test_a_run_loads_checks_and_shows_the_touched_days(settings: Settings) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(settings, instance)
        assert result.success
        evaluations = result.get_asset_check_evaluations()
        assert len(evaluations) == 17
        assert all(evaluation.passed for evaluation in evaluations)
        for name in ("campaign_daily", "publisher_daily"):
            days = instance.get_materialized_partitions(dg.AssetKey(name))
            assert {(TODAY - timedelta(days=back)).isoformat() for back in range(3)} == days
        events = [event for event in result.get_asset_materialization_events() if event.asset_key == dg.AssetKey("events")]
        assert sum(event.materialization.metadata["dagster/row_count"].value for event in events) == 2000  # type: ignore[misc]
        again = [event for event in run(settings, instance).get_asset_materialization_events() if event.asset_key == dg.AssetKey("events")]
        assert sum(event.materialization.metadata["accepted"].value for event in again) == 2000  # type: ignore[misc]


def test_a_run_of_everything_loads_days_that_are_not_its_partition_and_shows_them(settings: Settings) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        job, today = build_defs(settings).resolve_job_def("ingest"), range_tags(TODAY.isoformat(), TODAY.isoformat())
        result = job.execute_in_process(instance=instance, tags=today | EVERYTHING)
        record = instance.get_run_by_id(result.run_id)
        assert record
        assert record.tags[LOADED] == result.run_id
        assert instance.get_materialized_partitions(dg.AssetKey("events")) == {day(back) for back in range(3)}
        again = job.execute_in_process(instance=instance, tags=today | EVERYTHING)
        shown = [
            event.materialization.partition
            for event in again.get_asset_materialization_events()
            if event.asset_key == dg.AssetKey("events")
        ]
        assert set(shown) <= {TODAY.isoformat(), None}


def test_a_run_of_one_day_does_not_count_as_one_of_everything(settings: Settings) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        record = instance.get_run_by_id(run(settings, instance, days=0).run_id)
        assert record
        assert LOADED not in record.tags


def test_a_run_whose_checks_fail_is_red_and_its_drops_are_loaded_all_the_same(settings: Settings) -> None:
    (settings.home / "landing" / "events" / "broken.ndjson.gz").write_bytes(b"no gzip")
    with dg.DagsterInstance.ephemeral() as instance:
        job = build_defs(settings).resolve_job_def("ingest")
        result = job.execute_in_process(
            instance=instance, tags=range_tags(TODAY.isoformat(), TODAY.isoformat()) | EVERYTHING, raise_on_error=False
        )
        assert not result.success
        (failure,) = result.get_step_failure_events()
        told = failure.step_failure_data.user_failure_data
        assert told
        assert (failure.step_key, str(told.description)[:32]) == ("check_events", "1 checks of events failed: no_fa")
        assert len(result.get_asset_check_evaluations()) == 17
        assert not any(event.is_step_restarted or event.is_step_up_for_retry for event in result.all_events)
        record = instance.get_run_by_id(result.run_id)
        assert record
        assert record.tags[LOADED] == result.run_id


def test_a_check_that_cannot_run_is_an_error_and_no_failed_check(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "sql" / "checks" / "events").mkdir(parents=True)
    (tmp_path / "sql" / "checks" / "events" / "mine.sql").write_text(
        "-- Mine.\n-- severity: error\nSELECT throwIf(1) AS observed, [''] AS sample"
    )
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(load_settings(home=tmp_path, sql_dir=tmp_path / "sql"), instance)
        assert result.get_failed_step_keys() == {"check_events"}
        assert "events" not in {evaluation.asset_key.to_user_string() for evaluation in result.get_asset_check_evaluations()}


def test_a_backfill_of_a_rollup_is_one_run(settings: Settings) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert run(settings, instance).success
        job = build_defs(settings).resolve_implicit_global_asset_job_def()
        tags = range_tags((TODAY - timedelta(days=2)).isoformat(), TODAY.isoformat())
        result = job.execute_in_process(instance=instance, tags=tags, asset_selection=[dg.AssetKey("campaign_daily")])
        materialized = [event.materialization for event in result.get_asset_materialization_events()]
        assert len(materialized) == 3
        assert materialized[0].metadata["days_rebuilt"].value == 3


def test_a_run_waits_for_an_engine_in_use(settings: Settings, engine: str) -> None:
    if engine != "chdb":
        pytest.skip("a server is not held by one process; tests/server has its writers")
    code = f"import clickhouse_connect as c, time; c.get_client(dsn='chdb://{settings.home}/clickhouse'); print('held', flush=True)"
    holder = subprocess.Popen([sys.executable, "-c", f"{code}; time.sleep(4)"], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        started = time.monotonic()
        with dg.DagsterInstance.ephemeral() as instance:
            assert run(settings, instance).success
        assert time.monotonic() - started > 2
    finally:
        holder.communicate()


@pytest.mark.parametrize(("error", "tries"), [(EngineError("refused for good"), 1), (TransientError("lost"), 3)])
def test_only_transient_errors_are_tried_again(error: Exception, tries: int, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []

    def fail(settings: Settings) -> None:
        opened.append(settings)
        raise error

    monkeypatch.setattr("ads_pipeline.defs.resources.open_run", fail)
    monkeypatch.setattr("ads_pipeline.defs.resources.RETRIES", 2)
    monkeypatch.setattr("ads_pipeline.defs.resources.RETRY_SECONDS", 0)
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(settings, instance)
        assert not result.success
        loads = [event for event in result.all_events if event.is_step_start and event.step_key == "load"]
    assert len(loads) + sum(event.is_step_restarted for event in result.all_events) == tries


def test_a_missing_landing_store_skips_the_tick(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path, landing_url=str(tmp_path / "none"))
    sensor = build_defs(settings).get_repository_def().get_sensor_def("new_drops")
    with dg.build_sensor_context(resources={"engine": Engine(settings)}) as context:
        assert "does not exist" in str(sensor.evaluate_tick(context).skip_message)


def test_retention_is_a_job(settings: Settings) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert build_defs(settings).resolve_job_def("retention").execute_in_process(instance=instance).success
    with open_warehouse(settings) as warehouse:
        assert warehouse.connection.version
