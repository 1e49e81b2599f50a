"""Jobs: `ingest` loads and checks, `watch` checks what is late, `retention` drops raw days past retention."""

import dagster as dg

from ads_pipeline.defs.resources import POOL, Engine
from ads_pipeline.defs.runs import INGEST
from ads_pipeline.pipeline.retention import enforce_retention
from ads_pipeline.pipeline.rollups import rollup_names
from ads_pipeline.settings import Settings


@dg.op(pool=POOL)
def drop_expired_days(context: dg.OpExecutionContext, engine: dg.ResourceParam[Engine]) -> None:
    """Drop raw event days past retention."""
    with engine.running("events", context.run_id) as run:
        days = enforce_retention(run.warehouse, run.settings)
    context.add_output_metadata({"days": len(days), "rows": sum(int(day["rows"]) for day in days)})


@dg.job
def retention() -> None:
    """Drop raw event days past retention, since a TTL merge may lag."""
    drop_expired_days()


def build_jobs(settings: Settings) -> dg.Definitions:
    """All jobs."""
    loaded = dg.AssetSelection.assets("events", "quarantine")
    checked = dg.AssetSelection.checks_for_assets("events", *rollup_names(settings))
    ingest = dg.define_asset_job(INGEST, loaded | checked, description="Load the drops of landed days, then run every check.")
    late = [dg.AssetCheckKey(dg.AssetKey("events"), name) for name in ("drops_waiting", "recent")]
    watch = dg.define_asset_job(
        "watch",
        dg.AssetSelection.checks(*late),
        description="Check what is late by the clock: drops that wait to be loaded, drops that do not come. No load has to succeed before.",
    )
    return dg.Definitions(jobs=[ingest, watch, retention])
