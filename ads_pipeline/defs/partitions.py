"""Daily partitions: landed days (UTC) for what is loaded, event days (reporting time zone) for rollups."""

from datetime import UTC, date, datetime

import dagster as dg

from ads_pipeline.settings import Settings


def landed_days(settings: Settings) -> dg.DailyPartitionsDefinition:
    """One partition for each landed day, up to today."""
    return dg.DailyPartitionsDefinition(settings.first_day.isoformat(), timezone="UTC", end_offset=1)


def event_days(settings: Settings) -> dg.DailyPartitionsDefinition:
    """One partition for each event day, up to tomorrow: an event may lie a day ahead."""
    return dg.DailyPartitionsDefinition(settings.first_day.isoformat(), timezone=settings.timezone, end_offset=2)


def is_event_day(settings: Settings, day: date) -> bool:
    """Whether a day has a partition."""
    return event_days(settings).has_partition_key(day.isoformat())


def landed_range(settings: Settings, keys: dg.PartitionKeyRange) -> tuple[date, date]:
    """The landed days of a range of partitions: the first partition includes all days before it, today's all days after it."""
    first, last = date.fromisoformat(keys.start), date.fromisoformat(keys.end)
    return (
        date.min if first == settings.first_day else first,
        date.max if last >= datetime.now(UTC).date() else last,
    )


def landed_key(settings: Settings, day: date) -> str:
    """The partition that a landed day belongs to."""
    return max(settings.first_day, min(day, datetime.now(UTC).date())).isoformat()
