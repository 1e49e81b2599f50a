"""One asset for each rollup file, partitioned by event day. Views fill rollups on ingest; materialising one rebuilds it from raw."""

from datetime import date

import dagster as dg

from ads_pipeline.defs.metadata import table_schema
from ads_pipeline.defs.names import Names
from ads_pipeline.defs.partitions import event_days
from ads_pipeline.defs.resources import POOL
from ads_pipeline.pipeline.backfill import backfill, plan_backfill
from ads_pipeline.pipeline.query import count_rows
from ads_pipeline.pipeline.rollups import column_types, find_rollup, rollup_files
from ads_pipeline.settings import Settings


def build_rollups(settings: Settings, names: Names) -> list[dg.AssetsDefinition]:
    """The rollup assets; opens no engine."""
    return [_build_rollup(settings, names, name, select.heading) for name, select in rollup_files(settings).items()]


def _build_rollup(settings: Settings, names: Names, name: str, description: str) -> dg.AssetsDefinition:
    @dg.asset(
        key=names.key(name),
        description=description,
        group_name="rollups",
        kinds={"clickhouse", "sql"},
        deps=[dg.AssetDep(names.key("events"), partition_mapping=dg.AllPartitionMapping())],
        partitions_def=event_days(settings),
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=POOL,
        required_resource_keys={names.resource},
    )
    def rollup(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        keys = context.partition_key_range
        first, last = date.fromisoformat(keys.start), date.fromisoformat(keys.end)
        with names.engine(context).running(name, context.run.run_id) as run:
            warehouse = run.warehouse
            found = find_rollup(warehouse, settings, name)
            days = backfill(run, plan_backfill(run, [found], first, last))
            rows = count_rows(warehouse, found, first, last)
            types = column_types(warehouse, f"{name}_report")
        return dg.MaterializeResult(
            metadata={"dagster/row_count": rows, "days_rebuilt": len(days), "dagster/column_schema": table_schema(types)}
        )

    return rollup
