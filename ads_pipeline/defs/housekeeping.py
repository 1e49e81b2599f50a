"""Old records of runs and backfills: deleted by the day, with their events and logs, so that Dagster's storage does not grow for ever.

What the UI knows of an asset's partitions comes from runs' events. The last materialization of a partition outlives its run: it is
reported again, as one event without a run.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from dagster import RunsFilter

# internal to Dagster, which exports none of them
from dagster._core.storage.event_log import SqlEventLogStorage, SqliteEventLogStorage
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._core.storage.runs import SqlRunStorage
from dagster._core.storage.runs.schema import BackfillTagsTable, BulkActionsTable

from ads_pipeline.defs.names import Names
from ads_pipeline.defs.runs import CHECKS, FINISHED, INGEST
from ads_pipeline.settings import Settings

AT_A_TIME = 100
"""Runs that are read, and deleted, together."""

MOST = 20_000
"""Runs that one day's job deletes at most."""

BACKFILL_ENDED = ("COMPLETED", "COMPLETED_SUCCESS", "COMPLETED_FAILED", "FAILED", "CANCELED")
"""The statuses of backfills of which nothing more comes."""

Partition = tuple[dg.AssetKey, str]


def build_housekeeping(settings: Settings, names: Names) -> dg.Definitions:
    """The job `housekeeping`, and its schedule."""

    @dg.op(name=names.name("delete_old_runs"))
    def delete_old_runs(context: dg.OpExecutionContext) -> None:
        """Delete the records of runs and backfills that began longer ago than ADS_RUNS_DAYS, and have ended."""
        if settings.runs_days:
            before = datetime.now(UTC) - timedelta(days=settings.runs_days)
            runs = delete_runs(context.instance, run_names(names), before)
            context.add_output_metadata({"runs": runs, "backfills": delete_backfills(context.instance, names, before)})

    @dg.job(name=names.name("housekeeping"), executor_def=dg.in_process_executor)
    def housekeeping() -> None:
        """Delete old records of runs, their events and logs."""
        delete_old_runs()

    schedule = dg.ScheduleDefinition(
        name=names.name("housekeeping_daily"),
        job_name=names.name("housekeeping"),
        cron_schedule="40 0 * * *",
        execution_timezone=settings.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    return dg.Definitions(jobs=[housekeeping], schedules=[schedule])


def run_names(names: Names) -> list[str]:
    """The names of this pipeline's jobs; without a prefix, runs that materialize assets by hand are its own too."""
    return [*map(names.name, (INGEST, CHECKS, "watch", "retention", "housekeeping")), *([] if names.prefix else ["__ASSET_JOB"])]


def delete_runs(instance: dg.DagsterInstance, jobs: Iterable[str], before: datetime) -> int:
    """Delete the runs of these jobs that were created before, and have ended, with their events and logs. Returns how many."""
    deleted = 0
    for job in jobs:
        filters = RunsFilter(job_name=job, statuses=list(FINISHED), created_before=before)
        while deleted < MOST and (records := instance.get_run_records(filters, limit=AT_A_TIME, ascending=True)):
            runs = [record.dagster_run.run_id for record in records]
            last = dict[Partition, dg.AssetMaterialization]()
            for run_id in runs:
                last |= _materialized(instance, run_id)
                _delete(instance, run_id)
            _forget_checks(instance, runs)
            _report_again(instance, last)
            deleted += len(records)
    return deleted


def delete_backfills(instance: dg.DagsterInstance, names: Names, before: datetime) -> int:
    """Delete the backfills of this pipeline's assets that were created before, have ended, and have no run any more. Returns how many."""
    storage = instance.run_storage
    if not isinstance(storage, SqlRunStorage):
        return 0
    table = BulkActionsTable.c
    query = BulkActionsTable.select().where(table.status.in_(BACKFILL_ENDED), table.timestamp < before.astimezone(UTC).replace(tzinfo=None))
    with storage.connect() as connection:
        found = [row.key for row in connection.execute(query.with_only_columns(table.key).limit(MOST))]
    old = [
        name
        for name in found
        if _is_own(instance, name, names) and not instance.get_runs_count(RunsFilter(tags={"dagster/backfill": name}))
    ]
    for start in range(0, len(old), AT_A_TIME):
        some = old[start : start + AT_A_TIME]
        with storage.connect() as connection:
            connection.execute(BackfillTagsTable.delete().where(BackfillTagsTable.c.backfill_id.in_(some)))
            connection.execute(BulkActionsTable.delete().where(BulkActionsTable.c.key.in_(some)))
    return len(old)


def _is_own(instance: dg.DagsterInstance, backfill_id: str, names: Names) -> bool:
    """As of runs: with a prefix, its assets alone; without one, all that is materialized by hand."""
    if not names.prefix:
        return True
    backfill = instance.get_backfill(backfill_id)
    assets = backfill.asset_selection if backfill else None
    return bool(assets) and all(key.path[0] == names.prefix for key in assets or ())


def _delete(instance: dg.DagsterInstance, run_id: str) -> None:
    instance.compute_log_manager.delete_logs(prefix=[run_id])
    instance.delete_run(run_id)
    storage = instance.event_log_storage
    if isinstance(storage, SqliteEventLogStorage):  # a file for each run, which Dagster empties and leaves
        for file in Path(storage.path_for_shard(run_id)).parent.glob(f"{run_id}.db*"):
            file.unlink(missing_ok=True)


def _forget_checks(instance: dg.DagsterInstance, runs: Sequence[str]) -> None:
    """Delete the results of checks of these runs, which Dagster leaves."""
    storage = instance.event_log_storage
    if isinstance(storage, SqlEventLogStorage):
        with storage.index_connection() as connection:
            connection.execute(AssetCheckExecutionsTable.delete().where(AssetCheckExecutionsTable.c.run_id.in_(runs)))


def _materialized(instance: dg.DagsterInstance, run_id: str) -> dict[Partition, dg.AssetMaterialization]:
    """What a run materialized of partitions; the last of each."""
    events = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
    made = [event.asset_materialization for event in events if event.asset_materialization]
    return {(event.asset_key, event.partition): event for event in made if event.partition}


def _report_again(instance: dg.DagsterInstance, last: dict[Partition, dg.AssetMaterialization]) -> None:
    """Report what no run that is left has materialized."""
    left = {asset: instance.get_materialized_partitions(asset) for asset in {asset for asset, _ in last}}
    for (asset, partition), event in last.items():
        if partition not in left[asset]:
            instance.report_runless_asset_event(dg.AssetMaterialization(asset, partition=partition, metadata=event.metadata))
