"""Assets of the raw side: `landing` (outside), `events` and `quarantine`, loaded together by landed day."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import dagster as dg

from ads_pipeline.defs.metadata import refused_lines, table_schema
from ads_pipeline.defs.names import Names
from ads_pipeline.defs.partitions import is_event_day, landed_days, landed_key, landed_range
from ads_pipeline.defs.resources import POOL
from ads_pipeline.defs.runs import EVERYTHING, LOADED
from ads_pipeline.pipeline.ingest import Report, ingest
from ads_pipeline.pipeline.ledger import Counts, count_to_retry, landed_counts
from ads_pipeline.pipeline.quarantine import Selection, list_lines
from ads_pipeline.pipeline.rollups import column_types, rollup_names
from ads_pipeline.settings import Settings
from ads_pipeline.text import visible

RAW = {"events": "Raw events, each identity once (with FINAL).", "quarantine": "Refused lines, with their reasons."}
"""The tables that are loaded, each with its description."""


def landing_spec(names: Names) -> dg.AssetSpec:
    """The asset `landing`, which producers write and Dagster only shows."""
    return dg.AssetSpec(names.key("landing"), group_name="raw", kinds={"file"}, description="Drops of events, as producers land them.")


def build_load(settings: Settings, names: Names) -> dg.AssetsDefinition:
    """The assets `events` and `quarantine`: a run loads the drops of its landed days (or of all) that the ledger lacks."""

    @dg.multi_asset(
        name=names.name("load"),
        specs=[
            dg.AssetSpec(names.key(table), deps=[names.key("landing")], group_name="raw", kinds={"clickhouse"}, description=description)
            for table, description in RAW.items()
        ],
        partitions_def=landed_days(settings),
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=POOL,
        required_resource_keys={names.resource},
    )
    def load(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        engine = names.engine(context)
        everything = not _keys(context) or context.run.tags.items() >= EVERYTHING.items()
        landed = None if everything else landed_range(settings, context.partition_key_range)
        with engine.running("events", context.run.run_id) as run:
            warehouse, before = run.warehouse, landed_counts(run.warehouse)
            report = ingest(run, engine.store(), landed=landed)
            types = {table: column_types(warehouse, table) for table in ("events", "quarantine")}
            lines = list_lines(warehouse, Selection(), limit=10)
            after = landed_counts(warehouse)
            left = count_to_retry(warehouse)
        _tell_drops(context, report)
        _show_touched_days(context, settings, names, report)
        _show_landed_days(context, settings, names, before, after)
        if left:
            context.log.warning("%d drops are not done with: they are asked for again", left)
        elif everything:
            context.instance.add_run_tags(context.run.run_id, {LOADED: context.run.run_id})
        told: dict[str, Any] = {
            "dagster/column_schema": table_schema(types["events"]),
            "failed_drops": dg.MetadataValue.json(report.errors),
            "hints": dg.MetadataValue.json(report.hints),
            "drops_to_retry": dg.MetadataValue.int(left),
        }
        yield dg.MaterializeResult(asset_key=names.key("events"), metadata=told)
        refused: dict[str, Any] = {"dagster/column_schema": table_schema(types["quarantine"]), "newest": refused_lines(lines)}
        yield dg.MaterializeResult(asset_key=names.key("quarantine"), metadata=refused)

    return load


def _keys(context: dg.AssetExecutionContext) -> Sequence[str]:
    """The partitions of the run; none if it was launched without: then it loads the drops of all landed days."""
    return context.partition_keys if context.has_partition_key_range else ()


def _tell_drops(context: dg.AssetExecutionContext, report: Report) -> None:
    for name, error in report.errors.items():
        context.log.error("drop %s failed: %s", visible(name), visible(error))
    for name, hint in report.hints.items():
        context.log.warning("drop %s: %s", visible(name), visible(hint))


def _show_landed_days(
    context: dg.AssetExecutionContext, settings: Settings, names: Names, before: dict[date, Counts], after: dict[date, Counts]
) -> None:
    """The ledger's counts as numbers, which the UI plots: on each partition of this run, and on others whose drops it has loaded."""
    counts: dict[str, Counts] = {key: Counts() for key in _keys(context)}
    changed = {landed_key(settings, day) for day, found in after.items() if found != before.get(day)}
    for day, found in after.items():
        if (key := landed_key(settings, day)) in counts or key in changed:
            counts[key] = counts.get(key, Counts()) + found
    for key, found in counts.items():
        shown: dict[str, dict[str, Any]] = {
            "events": asdict(found) | {"records": found.records, "dagster/row_count": found.accepted},
            "quarantine": {"dagster/row_count": found.quarantined},
        }
        for asset, metadata in shown.items():
            if key in _keys(context):
                context.add_asset_metadata(metadata, asset_key=names.key(asset), partition_key=key)
            else:
                context.log_event(dg.AssetMaterialization(asset_key=names.key(asset), partition=key, metadata=metadata))


def _show_touched_days(context: dg.AssetExecutionContext, settings: Settings, names: Names, report: Report) -> None:
    """The views have filled these days of every rollup, so they show as materialised."""
    for day in sorted(report.event_days):
        if is_event_day(settings, day):
            for name in sorted(set(rollup_names(settings)) - report.apart.keys()):
                context.log_event(
                    dg.AssetMaterialization(asset_key=names.key(name), partition=day.isoformat(), metadata={"by": "view, on ingest"})
                )
