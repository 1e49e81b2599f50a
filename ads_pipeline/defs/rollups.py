"""One asset a rollup file, partitioned by event day. Views fill them on ingest; materialising one rebuilds it from raw."""

from datetime import date

import dagster as dg

from ads_pipeline.defs.metadata import column_schema
from ads_pipeline.defs.partitions import event_days
from ads_pipeline.defs.resources import POOL, Engine
from ads_pipeline.pipeline.backfill import backfill, plan_backfill
from ads_pipeline.pipeline.rollups import find_rollup, rollup_files
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.statements import Names, statement


def build_rollups(settings: Settings) -> list[dg.AssetsDefinition]:
    """The rollup assets; opens no engine."""
    return [_build_rollup(settings, name, select.heading) for name, select in rollup_files(settings).items()]


def _build_rollup(settings: Settings, name: str, description: str) -> dg.AssetsDefinition:
    @dg.asset(
        name=name,
        description=description,
        group_name="rollups",
        kinds={"clickhouse", "sql"},
        deps=[dg.AssetDep("events", partition_mapping=dg.AllPartitionMapping())],
        partitions_def=event_days(settings),
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=POOL,
    )
    def rollup(context: dg.AssetExecutionContext, engine: dg.ResourceParam[Engine]) -> dg.MaterializeResult[None]:
        keys = context.partition_key_range
        first, last = date.fromisoformat(keys.start), date.fromisoformat(keys.end)
        with engine.running(name, context.run.run_id) as run:
            warehouse = run.warehouse
            found = find_rollup(warehouse, name)
            days = backfill(run, plan_backfill(warehouse, [found], first, last))
            rows = warehouse.value(
                statement("queries/rows_between", table=found.table, columns=Names(found.dimensions)), first=first, last=last
            )
            schema = column_schema(warehouse, f"{name}_report")
        return dg.MaterializeResult(metadata={"dagster/row_count": rows, "days_rebuilt": len(days), "dagster/column_schema": schema})

    return rollup
