"""Assets of the raw side: `landing` and `events_current`, which Dagster only shows; `events` and `quarantine`, loaded together."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import dagster as dg

from ads_pipeline.defs.changed import AS_OF, find_changed, show, told_last
from ads_pipeline.defs.metadata import data_freshness, owners, refused_lines, table_metadata, table_schema
from ads_pipeline.defs.names import Names
from ads_pipeline.defs.partitions import event_days, landed_days
from ads_pipeline.defs.resources import POOL
from ads_pipeline.defs.runs import LOADED
from ads_pipeline.pipeline.descriptions import EVENTS, EVENTS_CURRENT, LANDING, QUARANTINE, columns_of_table
from ads_pipeline.pipeline.ingest import Report, ingest
from ads_pipeline.pipeline.ledger import count_to_retry
from ads_pipeline.pipeline.quarantine import Selection, list_lines
from ads_pipeline.pipeline.rollups import column_types
from ads_pipeline.pipeline.touched import rows_kept
from ads_pipeline.settings import Settings
from ads_pipeline.text import visible
from ads_pipeline.warehouse.statements import file_path

EVERY_RUN = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=3), warn_window=timedelta(hours=2))
"""Of what each run materializes, whether or not drops have landed: the schedule asks for one every hour."""

CREATED_BY = {
    "events": "migrations/0020_events_identity",
    "quarantine": "migrations/0002_quarantine",
    "events_current": "migrations/0021_events_current",
}
"""The migration that shows what a table is."""


def outside_specs(settings: Settings, names: Names) -> list[dg.AssetSpec]:
    """The assets that are no step of a run: what a run has found changed of them, it tells by day.

    A rollup's day depends on the same day of `events_current`: so what has landed on one day concerns the event days that it touched,
    and no others.
    """
    landing = dg.AssetSpec(
        names.key("landing"),
        description=LANDING,
        partitions_def=landed_days(names),
        group_name="raw",
        kinds={"file"},
        tags={"layer": "landing"},
        owners=owners(settings),
    )
    current = _table_spec(
        settings, names, "events_current", EVENTS_CURRENT, deps=[names.key("events")], freshness_policy=data_freshness(settings)
    )
    return [landing, current.replace_attributes(partitions_def=event_days(names))]


def _table_spec(settings: Settings, names: Names, table: str, description: str, **more: Any) -> dg.AssetSpec:
    return dg.AssetSpec(
        names.key(table),
        description=description,
        group_name="raw",
        kinds={"clickhouse"},
        tags={"layer": "raw"},
        owners=owners(settings),
        metadata=table_metadata(settings, table, file_path(CREATED_BY[table])),
        **more,
    )


def build_load(settings: Settings, names: Names) -> dg.AssetsDefinition:
    """The assets `events` and `quarantine`: a run loads whatever has landed that the ledger lacks."""
    described = {"events": EVENTS, "quarantine": QUARANTINE}

    @dg.multi_asset(
        name=names.name("load"),
        specs=[
            _table_spec(settings, names, table, text, deps=[names.key("landing")], freshness_policy=EVERY_RUN)
            for table, text in described.items()
        ],
        pool=POOL,
        required_resource_keys={names.resource},
    )
    def load(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        engine = names.engine(context)
        since = told_last(context.instance, names.key("events"))
        with engine.running("events", context.run.run_id) as run:
            report = ingest(run, engine.store())
            changed = find_changed(run, since)
            kept = rows_kept(run.warehouse, settings)
            schemas = {table: table_schema(column_types(run.warehouse, table), columns_of_table(table)) for table in described}
            lines = list_lines(run.warehouse, Selection(), limit=10)
            left = count_to_retry(run.warehouse)
        _tell_drops(context, report)
        show(context, names, changed, by="view, on ingest")
        if left:
            context.log.warning("%d drops are not done with: they are asked for again", left)
        else:
            context.instance.add_run_tags(context.run.run_id, {LOADED: context.run.run_id})
        yield dg.MaterializeResult(
            asset_key=names.key("events"),
            metadata={"dagster/row_count": kept["events"], "dagster/column_schema": schemas["events"], **_told(report, left)}
            | {AS_OF: dg.MetadataValue.timestamp(changed.as_of.timestamp())},
        )
        refused: dict[str, Any] = {"refused": report.counts.quarantined, "newest": refused_lines(lines)}
        yield dg.MaterializeResult(
            asset_key=names.key("quarantine"),
            metadata={"dagster/row_count": kept["quarantine"], "dagster/column_schema": schemas["quarantine"], **refused},
        )

    return load


def _tell_drops(context: dg.AssetExecutionContext, report: Report) -> None:
    for name, error in report.errors.items():
        context.log.error("drop %s failed: %s", visible(name), visible(error))
    for name, hint in report.hints.items():
        context.log.warning("drop %s: %s", visible(name), visible(hint))


def _told(report: Report, left: int) -> dict[str, Any]:
    """What a run did, as metadata that the UI plots."""
    counts = ("drops", "lines", "records", "ignored", "accepted", "duplicates", "corrections", "quarantined", "bytes")
    found = report.as_dict()
    return {name: found[name] for name in counts} | {
        "event_days": dg.MetadataValue.json(found["event_days"]),
        "failed_drops": dg.MetadataValue.json(report.errors),
        "hints": dg.MetadataValue.json(report.hints),
        "drops_to_retry": dg.MetadataValue.int(left),
    }
