"""One asset for each rollup file, partitioned by event day. Views fill rollups on ingest; materialising one rebuilds it from raw."""

from collections.abc import Collection, Iterator
from datetime import date, timedelta
from itertools import groupby

import dagster as dg

from ads_pipeline.defs.changed import rollup_schema
from ads_pipeline.defs.metadata import data_freshness, owners, table_metadata
from ads_pipeline.defs.names import Names
from ads_pipeline.defs.partitions import event_days
from ads_pipeline.defs.resources import POOL
from ads_pipeline.pipeline.backfill import BackfillPlan, backfill, plan_backfill
from ads_pipeline.pipeline.descriptions import describe_rollup_file, owners_of
from ads_pipeline.pipeline.rollups import find_rollup, rollup_files
from ads_pipeline.pipeline.touched import rows_of_days
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.statements import Sql, file_path


def build_rollups(settings: Settings, names: Names) -> list[dg.AssetsDefinition]:
    """The rollup assets; opens no engine."""
    return [_build_rollup(settings, names, name, select) for name, select in rollup_files(settings).items()]


def _build_rollup(settings: Settings, names: Names, name: str, select: Sql) -> dg.AssetsDefinition:
    @dg.asset(
        key=names.key(name),
        description=describe_rollup_file(select),
        group_name="rollups",
        kinds={"clickhouse", "sql"},
        tags={"layer": "rollup"},
        owners=owners(settings, owners_of(select)),
        metadata=table_metadata(settings, f"{name}_report", file_path(select.name, settings.sql_dir)),
        deps=[dg.AssetDep(names.key("events_current"), partition_mapping=dg.IdentityPartitionMapping())],
        partitions_def=event_days(names),
        freshness_policy=data_freshness(settings),
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=POOL,
        required_resource_keys={names.resource},
    )
    def rollup(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        keys = {date.fromisoformat(key): key for key in context.partition_keys}
        with names.engine(context).running(name, context.run.run_id) as run:
            found = find_rollup(run.warehouse, settings, name)
            planned = [day for first, last in _ranges(keys) for day in plan_backfill(run, [found], first, last).days]
            days = backfill(run, BackfillPlan((found,), tuple(planned)))
            rows = rows_of_days(run.warehouse, found, keys)
            schema = rollup_schema(run.warehouse, found)
        for day, key in keys.items():
            counts = {"dagster/row_count": rows[day], "dagster/partition_row_count": rows[day]}
            context.add_asset_metadata(counts, asset_key=names.key(name), partition_key=key)
        return dg.MaterializeResult(metadata={"by": "backfill", "days_rebuilt": len(days), "dagster/column_schema": schema})

    return rollup


def _ranges(days: Collection[date]) -> Iterator[tuple[date, date]]:
    """The ranges, both ends included, that some days make up."""
    for _, numbered in groupby(enumerate(sorted(days)), lambda item: item[1] - timedelta(days=item[0])):
        found = [day for _, day in numbered]
        yield found[0], found[-1]
