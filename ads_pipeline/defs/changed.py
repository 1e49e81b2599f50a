"""What a run tells Dagster of the days that have changed since the last run told: partitions, rows and counts, whoever changed them.

`ads ingest`, `ads backfill` and the others tell Dagster nothing; the next run of `ingest` does.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

import dagster as dg

from ads_pipeline.defs.metadata import table_schema
from ads_pipeline.defs.names import Names
from ads_pipeline.defs.partitions import add_days, event_days, landed_days
from ads_pipeline.pipeline import touched
from ads_pipeline.pipeline.descriptions import columns_of_rollup, columns_of_table
from ads_pipeline.pipeline.rollups import Rollup, column_types
from ads_pipeline.pipeline.run import Run
from ads_pipeline.warehouse.warehouse import Warehouse

AS_OF = "as_of"
"""Metadata: up to when, by the engine's clock, what has changed has been looked at (seconds since 1970)."""

EVER = datetime(1970, 1, 1, tzinfo=UTC) + touched.MARGIN


@dataclass(frozen=True, slots=True)
class Changed:
    """What has changed since the last run told Dagster.

    Args:
        as_of: when this was found out, by the engine's clock.
        landed: metadata of each landed day, that of `landing`.
        days: metadata of each event day, by asset: `events_current` and the rollups.
        schemas: the columns of each of these assets.
    """

    as_of: datetime
    landed: Mapping[date, dict[str, Any]]
    days: Mapping[str, Mapping[date, dict[str, Any]]]
    schemas: Mapping[str, dg.TableSchema]


def last_look(metadata: Mapping[str, dg.MetadataValue[Any]]) -> datetime:
    """When what had changed was looked at last, as its metadata says; `EVER` if that is unknown."""
    value = metadata[AS_OF].value if AS_OF in metadata else None
    return datetime.fromtimestamp(value, UTC) if isinstance(value, float) else EVER


def told_last(instance: dg.DagsterInstance, key: dg.AssetKey) -> datetime:
    """When the last run that loaded drops looked at what had changed; `EVER` if there was none."""
    event = instance.get_latest_materialization_event(key)
    found = event.asset_materialization if event else None
    return last_look(found.metadata) if found else EVER


def find_changed(run: Run, since: datetime) -> Changed:
    """What has changed since `since`; everything if that cannot be known."""
    warehouse, now = run.warehouse, run.warehouse.now()
    changes = touched.changes_since(warehouse, since) or touched.changes_since(warehouse, EVER)
    assert changes, "no clock is before 1970"
    landed = touched.landed_days(warehouse, touched.landed_since(warehouse, changes.since))
    events = touched.events_of_days(warehouse, changes.days)
    days = {"events_current": {day: _rows(found.events) | {"drops": found.drops} for day, found in events.items()}}
    schemas = {"events_current": table_schema(column_types(warehouse, "events_current"), columns_of_table("events_current"))}
    for rollup in run.rollups:
        rows = touched.rows_of_days(warehouse, rollup, changes.days)
        days[rollup.name] = {day: _rows(rows[day]) | {"events": events[day].events, "drops": events[day].drops} for day in changes.days}
        schemas[rollup.name] = rollup_schema(warehouse, rollup)
    return Changed(now, {day: _landed(found) for day, found in landed.items()}, days, schemas)


def _rows(count: int) -> dict[str, Any]:
    return {"dagster/row_count": count, "dagster/partition_row_count": count}


def _landed(found: touched.LandedDay) -> dict[str, Any]:
    counts = asdict(found.counts)
    return {"drops": found.drops, "records": found.counts.records} | counts


def rollup_schema(warehouse: Warehouse, rollup: Rollup) -> dg.TableSchema:
    """The columns that people read of a rollup: its report's."""
    return table_schema(column_types(warehouse, rollup.report.text), columns_of_rollup(rollup.select))


def show(context: dg.AssetExecutionContext, names: Names, changed: Changed, **metadata: Any) -> None:
    """Tell Dagster: each day is a partition that was materialized, with its counts."""
    instance = context.instance
    add_days(instance, landed_days(names), changed.landed)
    for day, counts in sorted(changed.landed.items()):
        context.log_event(dg.AssetMaterialization(names.key("landing"), partition=day.isoformat(), metadata=counts))
    for asset, days in changed.days.items():
        add_days(instance, event_days(names), days)
        told = {"dagster/column_schema": changed.schemas[asset], **metadata}
        for day, counts in sorted(days.items()):
            context.log_event(dg.AssetMaterialization(names.key(asset), partition=day.isoformat(), metadata=counts | told))
