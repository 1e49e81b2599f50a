"""The Dagster code location: what it holds, that loading it opens nothing, and real runs of it."""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from ads_pipeline.definitions import build_defs
from ads_pipeline.defs.resources import Engine
from ads_pipeline.defs.runs import LOADED
from ads_pipeline.errors import EngineError, TransientError
from ads_pipeline.generate import generate
from ads_pipeline.settings import Settings, load_settings
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.statements import Sql
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


def run(settings: Settings, instance: dg.DagsterInstance, job: str = "ingest") -> dg.ExecuteInProcessResult:
    return build_defs(settings).resolve_job_def(job).execute_in_process(instance=instance, raise_on_error=False)


def looked_at(result: dg.ExecuteInProcessResult) -> dict[str, str]:
    """What each check looked at."""
    found = result.get_asset_check_evaluations()
    return {f"{check.asset_key.to_user_string()}.{check.check_name}": str(check.metadata["looked at"].value) for check in found}


def put(settings: Settings, name: str, *lines: str) -> None:
    (settings.home / "landing" / "events" / name).write_text("".join(f"{line}\n" for line in lines))


def line(number: int, day: date, hour: int = 12) -> str:
    event = {"event_id": f"own-{number}", "event_time": f"{day}T{hour:02}:00:00Z", "event_type": "click", "campaign_id": "c1"}
    return json.dumps(event)


def test_a_fresh_interpreter_loads_it_without_engine_or_network() -> None:
    code = (
        "import sys, socket; socket.socket.connect = None\n"
        "import ads_pipeline.definitions as d\n"
        "print(sorted(m for m in ('chdb', '_chdb', 'obstore') if m in sys.modules), len(d.defs().resolve_all_asset_keys()))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "[] 6\n"), result.stderr


def test_importing_build_defs_reads_no_settings() -> None:
    code = "from ads_pipeline import build_defs; print(build_defs.__name__)"
    environment = {**os.environ, "ADS_RETENTION_DAYS": "soon"}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "build_defs\n"), result.stderr


def test_what_it_holds() -> None:
    repository = build_defs(load_settings()).get_repository_def()
    assert sorted(key.to_user_string() for key in repository.asset_graph.get_all_asset_keys()) == [
        "campaign_daily", "events", "events_current", "landing", "publisher_daily", "quarantine",
    ]  # fmt: skip
    assert sorted(f"{key.asset_key.to_user_string()}.{key.name}" for key in repository.asset_graph.asset_check_keys) == [
        "campaign_daily.exact", "campaign_daily.fresh", "events.corrections_share", "events.drops_waiting", "events.ids_of_two_types",
        "events.ids_on_two_days", "events.lines_accounted", "events.negative_share", "events.no_failed_drop",
        "events.quarantined_share", "events.raw_complete", "events.recent", "events.retention", "events.settled",
        "events.unique_identity", "publisher_daily.exact", "publisher_daily.fresh",
    ]  # fmt: skip
    assert {schedule.name: schedule.cron_schedule for schedule in repository.schedule_defs} == {
        "ingest_hourly": "7 * * * *",
        "checks_daily": "10 1 * * *",
        "watch_quarterly": "*/15 * * * *",
        "retention_daily": "20 0 * * *",
        "housekeeping_daily": "40 0 * * *",
    }
    assert sorted(sensor.name for sensor in repository.sensor_defs) == ["alerts", "log_failed_runs", "new_drops"]
    assert {job.name for job in repository.get_all_jobs()} >= {"ingest", "checks", "watch", "retention", "housekeeping"}


@pytest.mark.each_engine
def test_a_run_loads_checks_and_shows_the_touched_days(settings: Settings) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(settings, instance)
        assert result.success
        assert len(result.get_asset_check_evaluations()) == 16
        assert all(evaluation.passed for evaluation in result.get_asset_check_evaluations())
        assert set(looked_at(result).values()) == {"everything"}
        days = {day(back) for back in range(3)}
        for name in ("landing", "events_current", "campaign_daily", "publisher_daily"):
            assert instance.get_materialized_partitions(dg.AssetKey(name)) == days, "none is missing, and none is there that has nothing"
        record = instance.get_run_by_id(result.run_id)
        assert record
        assert record.tags[LOADED] == result.run_id
        shown = [event.materialization for event in result.get_asset_materialization_events()]
        (events,) = (shown for shown in shown if shown.asset_key == dg.AssetKey("events"))
        assert (events.metadata["dagster/row_count"].value, events.metadata["accepted"].value) == (2000, 2000)
        with open_warehouse(settings) as warehouse:
            for found in (found for found in shown if found.asset_key.path[0] in ("campaign_daily", "publisher_daily")):
                counted = Sql(f"SELECT count() FROM {found.asset_key.path[0]}_report WHERE event_date = '{found.partition}'")
                assert found.metadata["dagster/row_count"].value == warehouse.value(counted)
                assert all(column.description for column in found.metadata["dagster/column_schema"].value.columns)  # type: ignore[union-attr]


@pytest.mark.further
def test_a_further_run_looks_at_what_has_changed_and_tells_of_no_other_day(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ads_pipeline.pipeline.touched.MARGIN", timedelta(0))
    with dg.DagsterInstance.ephemeral() as instance:
        assert run(settings, instance).success
        put(settings, "late.ndjson", line(1, TODAY - timedelta(days=1)))
        result = run(settings, instance)
        assert result.success
        told = {
            (event.materialization.asset_key.path[0], event.materialization.partition)
            for event in result.get_asset_materialization_events()
        }
        assert told == {
            ("events", None), ("quarantine", None), ("landing", day(0)),
            ("events_current", day(1)), ("campaign_daily", day(1)), ("publisher_daily", day(1)),
        }  # fmt: skip
        assert all(said.startswith("what has changed since ") for said in looked_at(result).values())
        assert looked_at(result)["campaign_daily.exact"].endswith(f": {day(1)}")
        assert "events.ids_on_two_days" not in looked_at(result)
        everything = run(settings, instance, "checks")
        assert (set(looked_at(everything).values()), len(looked_at(everything))) == ({"everything"}, 17)


@pytest.mark.further
def test_a_check_that_failed_looks_at_everything_until_it_passes(settings: Settings) -> None:
    """A narrow look that passes does not hide what another day still lacks."""
    with dg.DagsterInstance.ephemeral() as instance:
        assert run(settings, instance).success
        with open_warehouse(settings, write=True) as warehouse:
            warehouse.run(Sql(f"INSERT INTO campaign_daily (event_date, campaign_id, ad_id, clicks) VALUES ('{day(2)}', 'x', 'x', 1)"))
        assert "campaign_daily" in str(run(settings, instance, "checks").get_failed_step_keys())
        put(settings, "more.ndjson", line(1, TODAY, hour=0))
        result = run(settings, instance)
        assert result.get_failed_step_keys() == {"check_campaign_daily"}
        assert looked_at(result)["campaign_daily.exact"] == "everything"


def test_a_run_whose_checks_fail_is_red_and_its_drops_are_loaded_all_the_same(settings: Settings) -> None:
    (settings.home / "landing" / "events" / "broken.ndjson.gz").write_bytes(b"no gzip")
    with dg.DagsterInstance.ephemeral() as instance:
        job = build_defs(settings).resolve_job_def("ingest")
        result = job.execute_in_process(instance=instance, raise_on_error=False)
        assert not result.success
        (failure,) = result.get_step_failure_events()
        told = failure.step_failure_data.user_failure_data
        assert told
        assert failure.step_key == "check_events"
        assert str(told.description).startswith("no_failed_drop: events/broken.ndjson.gz: ")
        assert "land it again" in str(told.description)
        assert len(result.get_asset_check_evaluations()) == 16
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


@pytest.mark.further
def test_a_backfill_of_a_rollup_is_one_run(settings: Settings) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert run(settings, instance).success
        job = build_defs(settings).resolve_implicit_global_asset_job_def()
        tags = {"dagster/asset_partition_range_start": day(2), "dagster/asset_partition_range_end": day(0)}
        result = job.execute_in_process(instance=instance, tags=tags, asset_selection=[dg.AssetKey("campaign_daily")])
        materialized = [event.materialization for event in result.get_asset_materialization_events()]
        assert len(materialized) == 3
        assert {found.partition for found in materialized} == {day(back) for back in range(3)}
        assert materialized[0].metadata["days_rebuilt"].value == 3
        assert all(isinstance(found.metadata["dagster/row_count"].value, int) for found in materialized)


@pytest.mark.further
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
