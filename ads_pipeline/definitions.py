"""The only assembly point of the Dagster code location. Loading it opens neither engine nor network."""

import warnings
from collections.abc import Mapping
from typing import Any

import dagster as dg

from ads_pipeline.defs.assets import LANDING, build_load
from ads_pipeline.defs.checks import build_checks
from ads_pipeline.defs.jobs import build_jobs
from ads_pipeline.defs.resources import build_engine
from ads_pipeline.defs.rollups import build_rollups
from ads_pipeline.defs.schedules import build_ingest_schedule, build_retention_schedule, build_watch_schedule
from ads_pipeline.defs.sensors import build_new_drops_sensor, log_failed_runs
from ads_pipeline.log import configure_logging
from ads_pipeline.settings import Settings, load_settings

# single-run backfills are marked as beta, and are what makes a range of days one batch
warnings.filterwarnings("ignore", category=dg.BetaWarning)


def build_defs(settings: Settings, resource_overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """Everything that Dagster is to know, for these settings; `resource_overrides` replaces resources by name."""
    rest = dg.Definitions(
        assets=[LANDING, build_load(settings), *build_rollups(settings)],
        asset_checks=build_checks(settings),
        schedules=[build_ingest_schedule(settings), build_watch_schedule(), build_retention_schedule(settings)],
        sensors=[build_new_drops_sensor(settings), log_failed_runs],
        resources={"engine": build_engine(settings), **(resource_overrides or {})},
        # the work is the engine's, which an embedded folder gives to one process at a time: steps run one after another
        executor=dg.in_process_executor,
    )
    return dg.Definitions.merge(build_jobs(settings), rest)


@dg.definitions
def defs() -> dg.Definitions:
    """The definitions for the settings of this process: made when Dagster loads the code location, not when this is imported."""
    settings = load_settings()
    configure_logging(settings)
    return build_defs(settings)
