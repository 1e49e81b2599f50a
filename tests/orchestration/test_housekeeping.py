"""Records of old runs are deleted with their events and logs; what the UI says of partitions stays."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster._core.storage.tags import BACKFILL_ID_TAG

from ads_pipeline.cli.dagster_home import dagster_home
from ads_pipeline.definitions import build_defs
from ads_pipeline.defs.housekeeping import AT_A_TIME, delete_backfills, delete_runs
from ads_pipeline.defs.names import Names
from ads_pipeline.settings import load_settings

DAYS = dg.StaticPartitionsDefinition(["a", "b", "c"])


@dg.asset(partitions_def=DAYS)
def events(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    return dg.MaterializeResult(metadata={"rows": len(context.partition_key)})


@dg.asset_check(asset=events)
def sound() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


SOUND = dg.AssetCheckKey(dg.AssetKey("events"), "sound")
JOBS = dg.Definitions(
    assets=[events], asset_checks=[sound], jobs=[dg.define_asset_job("ingest", [events])], executor=dg.in_process_executor
)


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.from_config(str(dagster_home(load_settings(home=tmp_path)))) as instance:
        yield instance


def run(instance: dg.DagsterInstance, partition: str) -> str:
    return JOBS.resolve_job_def("ingest").execute_in_process(instance=instance, partition_key=partition).run_id


def size(path: Path) -> int:
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def test_old_runs_go_and_partitions_stay_materialized(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    old = [run(instance, partition) for partition in "aab"]
    between = datetime.now(UTC)
    new = run(instance, "b")
    for run_id in (*old, new):
        (tmp_path / "dagster" / "storage" / run_id / "compute_logs").mkdir(parents=True, exist_ok=True)
    assert delete_runs(instance, ["watch"], between) == 0
    assert delete_runs(instance, ["ingest"], between) == 3
    assert [found.run_id for found in instance.get_runs()] == [new]
    files = [str(path) for path in tmp_path.rglob("*")]
    assert [run_id for run_id in (*old, new) if any(run_id in file for file in files)] == [new]
    assert instance.all_logs(new)
    checked = instance.event_log_storage.get_asset_check_execution_history(SOUND, limit=10)
    assert [execution.run_id for execution in checked] == [new]
    assert set(instance.get_materialized_partitions(dg.AssetKey("events"))) == {"a", "b"}
    again = instance.fetch_materializations(dg.AssetRecordsFilter(dg.AssetKey("events"), asset_partitions=["a"]), limit=10).records
    assert len(again) == 1
    assert again[0].asset_materialization
    assert again[0].asset_materialization.metadata["rows"].value == 1
    assert delete_runs(instance, ["ingest"], between) == 0


def test_old_backfills_go_when_their_runs_have(instance: dg.DagsterInstance) -> None:
    def add(name: str, asset: str, status: BulkActionStatus = BulkActionStatus.COMPLETED_SUCCESS, days: int = 40) -> None:
        then = (datetime.now(UTC) - timedelta(days=days)).timestamp()
        selected = [dg.AssetKey(asset.split("/"))]
        instance.add_backfill(PartitionBackfill(name, status, False, {"team": "a"}, then, asset_selection=selected))

    for number in range(AT_A_TIME + 5):
        add(f"old{number}", "events")
    add("young", "events", days=1)
    add("under way", "events", BulkActionStatus.REQUESTED)
    add("others'", "other/events")
    add("with a run", "events")
    instance.create_run_for_job(JOBS.resolve_job_def("ingest"), tags={BACKFILL_ID_TAG: "with a run"})
    before = datetime.now(UTC) - timedelta(days=30)
    assert delete_backfills(instance, Names("ads"), before) == 0
    assert delete_backfills(instance, Names("other"), before) == 1
    assert delete_backfills(instance, Names(), before) == AT_A_TIME + 5
    assert {backfill.backfill_id for backfill in instance.get_backfills()} == {"young", "under way", "with a run"}


@pytest.mark.further
@pytest.mark.parametrize("days", [3, pytest.param(125, marks=pytest.mark.slow)])
def test_storage_does_not_grow_with_the_number_of_runs(instance: dg.DagsterInstance, tmp_path: Path, days: int) -> None:
    """Four runs a day, 500 in all, and what the daily job leaves of them: files, folders and bytes."""
    sizes, counts = [], []
    for _ in range(days):
        for partition in "aabb":
            run_id = run(instance, partition)
            (tmp_path / "dagster" / "storage" / run_id / "compute_logs").mkdir(parents=True, exist_ok=True)
        delete_runs(instance, ["ingest"], datetime.now(UTC) + timedelta(minutes=1))
        sizes.append(size(tmp_path / "dagster"))
        counts.append(len(list((tmp_path / "dagster").rglob("*"))))
    print(f"{sizes[0]:,} bytes after 4 runs, {sizes[-1]:,} after {4 * days}; {counts[0]} and {counts[-1]} files and folders")
    assert sizes[-1] <= 1.1 * sizes[0]
    assert counts[-1] <= counts[0] + 2
    assert not instance.get_runs()


def test_the_job_keeps_what_is_younger(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    young = run(instance, "a")
    job = build_defs(load_settings(home=tmp_path)).resolve_job_def("housekeeping")
    assert job.execute_in_process(instance=instance).success
    assert instance.get_run_by_id(young)
