"""Jobs: `ingest` loads and checks what has changed, `checks` checks everything, `watch` what is late, `retention` drops old raw days."""

import dagster as dg

from ads_pipeline.defs.names import Names
from ads_pipeline.defs.resources import POOL
from ads_pipeline.defs.runs import CHECKS, INGEST
from ads_pipeline.pipeline.quality import all_checks
from ads_pipeline.pipeline.quarantine import empty_old_lines
from ads_pipeline.pipeline.retention import enforce_retention
from ads_pipeline.pipeline.rollups import rollup_names
from ads_pipeline.settings import Settings

LATE = ("drops_waiting", "recent")
"""Checks by the clock."""


def build_jobs(settings: Settings, names: Names) -> dg.Definitions:
    """All jobs. Their steps run one after another in one process: an embedded folder serves one process at a time."""
    loaded = dg.AssetSelection.assets(names.key("events"), names.key("quarantine"))
    checked = dg.AssetSelection.checks_for_assets(*map(names.key, ("events", *rollup_names(settings))))
    daily = dg.AssetSelection.checks(
        *(dg.AssetCheckKey(names.key(check.asset), check.name) for check in all_checks(settings) if check.daily)
    )
    ingest = dg.define_asset_job(
        names.name(INGEST),
        (loaded | checked) - daily,
        description="Load whatever has landed, then check what has changed since the last checks.",
        executor_def=dg.in_process_executor,
    )
    checks = dg.define_asset_job(
        names.name(CHECKS),
        checked,
        description="Run every check over everything that is kept.",
        executor_def=dg.in_process_executor,
    )
    watch = dg.define_asset_job(
        names.name("watch"),
        dg.AssetSelection.checks(*(dg.AssetCheckKey(names.key("events"), check) for check in LATE)),
        description="Check what is late by the clock: drops that wait to be loaded, drops that do not come. No load has to succeed before.",
        executor_def=dg.in_process_executor,
    )
    return dg.Definitions(jobs=[ingest, checks, watch, _retention(names)])


def _retention(names: Names) -> dg.JobDefinition:
    @dg.op(name=names.name("drop_expired_days"), pool=POOL, required_resource_keys={names.resource})
    def drop_expired_days(context: dg.OpExecutionContext) -> None:
        """Drop raw event days past retention, and the content of lines that have been in quarantine for long."""
        with names.engine(context).running("events", context.run_id) as run:
            days = enforce_retention(run.warehouse, run.settings)
            empty_old_lines(run.warehouse, run.settings.quarantine_days)
        context.add_output_metadata({"days": len(days), "rows": sum(int(day["rows"]) for day in days)})

    @dg.job(name=names.name("retention"), executor_def=dg.in_process_executor)
    def retention() -> None:
        """Drop raw event days past retention, since a TTL merge may lag."""
        drop_expired_days()

    return retention
