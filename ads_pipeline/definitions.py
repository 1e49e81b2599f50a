"""The only assembly point of the Dagster code location. Loading it opens neither engine nor network."""

import warnings
from collections.abc import Mapping
from typing import Any

import dagster as dg

from ads_pipeline.defs.alerting import build_alerts_sensor
from ads_pipeline.defs.assets import build_load, outside_specs
from ads_pipeline.defs.checks import build_checks
from ads_pipeline.defs.housekeeping import build_housekeeping
from ads_pipeline.defs.jobs import build_jobs
from ads_pipeline.defs.names import Names
from ads_pipeline.defs.resources import build_engine
from ads_pipeline.defs.rollups import build_rollups
from ads_pipeline.defs.schedules import build_checks_schedule, build_ingest_schedule, build_retention_schedule, build_watch_schedule
from ads_pipeline.defs.sensors import build_failed_runs_sensor, build_new_drops_sensor
from ads_pipeline.log import configure_logging
from ads_pipeline.settings import Settings, load_settings

# single-run backfills are marked as beta, and are what makes a range of days one batch
warnings.filterwarnings("ignore", category=dg.BetaWarning)


def build_defs(settings: Settings, resource_overrides: Mapping[str, Any] | None = None, *, prefix: str = "") -> dg.Definitions:
    """Everything that Dagster is to know, for these settings.

    Args:
        resource_overrides: resources that replace those of the same name.
        prefix: comes before each asset key and each name, so that definitions fit beside others in one code location.

    Raises:
        SettingsError: the prefix is no name.
    """
    names = Names(prefix)
    rest = dg.Definitions(
        assets=[*outside_specs(settings, names), build_load(settings, names), *build_rollups(settings, names)],
        asset_checks=build_checks(settings, names),
        schedules=[
            build_ingest_schedule(names),
            build_checks_schedule(settings, names),
            build_watch_schedule(names),
            build_retention_schedule(settings, names),
        ],
        sensors=[build_new_drops_sensor(settings, names), build_failed_runs_sensor(names), build_alerts_sensor(settings, names)],
        resources={names.resource: build_engine(settings), **(resource_overrides or {})},
    )
    return dg.Definitions.merge(build_jobs(settings, names), build_housekeeping(settings, names), rest)


@dg.definitions
def defs() -> dg.Definitions:
    """The definitions for the settings of this process: made when Dagster loads the code location, not when this is imported."""
    settings = load_settings()
    configure_logging(settings)
    # the work is the engine's, which an embedded folder gives to one process at a time: steps run one after another
    return dg.Definitions.merge(build_defs(settings), dg.Definitions(executor=dg.in_process_executor))
