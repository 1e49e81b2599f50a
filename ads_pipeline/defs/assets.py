"""Assets of the raw side: `landing` (outside), `events` and `quarantine`, loaded together by landed day."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date

import dagster as dg

from ads_pipeline.defs.metadata import column_schema, refused_lines
from ads_pipeline.defs.partitions import is_event_day, landed_days, landed_key, landed_range
from ads_pipeline.defs.resources import POOL, Engine
from ads_pipeline.pipeline.ingest import Report, ingest
from ads_pipeline.pipeline.ledger import Counts, landed_counts
from ads_pipeline.pipeline.quarantine import Selection, list_lines
from ads_pipeline.pipeline.rollups import rollup_names
from ads_pipeline.settings import Settings

LANDING = dg.AssetSpec("landing", group_name="raw", kinds={"file"}, description="Drops of events, as producers land them.")


def build_load(settings: Settings) -> dg.AssetsDefinition:
    """The assets `events` and `quarantine`: a run loads the drops of its landed days that the ledger lacks."""

    @dg.multi_asset(
        name="load",
        specs=[
            dg.AssetSpec(
                "events", deps=[LANDING], group_name="raw", kinds={"clickhouse"}, description="Raw events, each identity once (with FINAL)."
            ),
            dg.AssetSpec(
                "quarantine", deps=[LANDING], group_name="raw", kinds={"clickhouse"}, description="Refused lines, with their reasons."
            ),
        ],
        partitions_def=landed_days(settings),
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=POOL,
    )
    def load(context: dg.AssetExecutionContext, engine: dg.ResourceParam[Engine]) -> Iterator[dg.MaterializeResult[None]]:
        with engine.opened("events", context.run.run_id) as warehouse:
            landed = landed_range(settings, context.partition_key_range)
            report = ingest(warehouse, engine.store(), landed=landed)
            schemas = {table: column_schema(warehouse, table) for table in ("events", "quarantine")}
            lines = list_lines(warehouse, Selection(), limit=10)
            landed_lines = landed_counts(warehouse)
        for name, error in report.errors.items():
            context.log.error("drop %s failed: %s", name, error)
        _show_touched_days(context, settings, report)
        _show_landed_days(context, settings, landed_lines)
        errors = dg.MetadataValue.json(report.errors)
        yield dg.MaterializeResult(asset_key="events", metadata={"dagster/column_schema": schemas["events"], "failed_drops": errors})
        newest = refused_lines(lines)
        yield dg.MaterializeResult(asset_key="quarantine", metadata={"dagster/column_schema": schemas["quarantine"], "newest": newest})

    return load


def _show_landed_days(context: dg.AssetExecutionContext, settings: Settings, landed: dict[date, Counts]) -> None:
    """The ledger's counts as numbers, which the UI plots, on the partition of each landed day of this run."""
    counts: dict[str, Counts] = {key: Counts() for key in context.partition_keys}
    for day, found in landed.items():
        if (key := landed_key(settings, day)) in counts:
            counts[key] += found
    for key, found in counts.items():
        context.add_asset_metadata(asdict(found) | {"dagster/row_count": found.accepted}, asset_key="events", partition_key=key)
        context.add_asset_metadata({"dagster/row_count": found.quarantined}, asset_key="quarantine", partition_key=key)


def _show_touched_days(context: dg.AssetExecutionContext, settings: Settings, report: Report) -> None:
    """The views have filled these days of every rollup, so they show as materialised."""
    for day in sorted(report.event_days):
        if is_event_day(settings, day):
            for name in sorted(set(rollup_names(settings)) - report.apart.keys()):
                context.log_event(dg.AssetMaterialization(asset_key=name, partition=day.isoformat(), metadata={"by": "view, on ingest"}))
