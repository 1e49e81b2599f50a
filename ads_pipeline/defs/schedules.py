"""Schedules. They run as soon as a daemon does: an ingest that finds nothing new costs next to nothing."""

from datetime import timedelta

import dagster as dg

from ads_pipeline.defs.partitions import landed_key
from ads_pipeline.defs.ranges import range_tags
from ads_pipeline.settings import Settings


def build_ingest_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """Every hour the drops of yesterday and today, whether or not the sensor saw them."""

    @dg.schedule(name="ingest_hourly", job_name="ingest", cron_schedule="7 * * * *", default_status=dg.DefaultScheduleStatus.RUNNING)
    def ingest_hourly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        day = context.scheduled_execution_time.date()
        return dg.RunRequest(tags=range_tags(landed_key(settings, day - timedelta(days=1)), landed_key(settings, day)))

    return ingest_hourly


def build_retention_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """Once a day, soon after midnight in the reporting time zone."""
    return dg.ScheduleDefinition(
        name="retention_daily",
        job_name="retention",
        cron_schedule="20 0 * * *",
        execution_timezone=settings.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
