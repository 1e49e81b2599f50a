"""Schedules, running by default: an ingest that finds nothing new costs next to nothing."""

import dagster as dg

from ads_pipeline.defs.names import Names
from ads_pipeline.defs.runs import CHECKS, INGEST
from ads_pipeline.settings import Settings


def build_ingest_schedule(names: Names) -> dg.ScheduleDefinition:
    """Every hour, load whatever is not loaded, whether or not the sensor saw it."""
    return dg.ScheduleDefinition(
        name=names.name("ingest_hourly"),
        job_name=names.name(INGEST),
        cron_schedule="7 * * * *",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


def build_checks_schedule(settings: Settings, names: Names) -> dg.ScheduleDefinition:
    """Once a day, after raw days have expired, run every check over everything."""
    return dg.ScheduleDefinition(
        name=names.name("checks_daily"),
        job_name=names.name(CHECKS),
        cron_schedule="10 1 * * *",
        execution_timezone=settings.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


def build_watch_schedule(names: Names) -> dg.ScheduleDefinition:
    """Every quarter of an hour, check what is late by the clock, whether or not drops are being loaded."""
    return dg.ScheduleDefinition(
        name=names.name("watch_quarterly"),
        job_name=names.name("watch"),
        cron_schedule="*/15 * * * *",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


def build_retention_schedule(settings: Settings, names: Names) -> dg.ScheduleDefinition:
    """Once a day, soon after midnight in the reporting time zone, drop expired days."""
    return dg.ScheduleDefinition(
        name=names.name("retention_daily"),
        job_name=names.name("retention"),
        cron_schedule="20 0 * * *",
        execution_timezone=settings.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
