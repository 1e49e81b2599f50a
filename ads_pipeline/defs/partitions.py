"""Partitions: the days that there is something of, each from the first run that found it on, so that none is missing for ever."""

from collections.abc import Iterable
from datetime import date

import dagster as dg

from ads_pipeline.defs.names import Names


def landed_days(names: Names) -> dg.DynamicPartitionsDefinition:
    """One partition for each landed day (UTC) of which drops were loaded."""
    return dg.DynamicPartitionsDefinition(name=names.name("landed_days"))


def event_days(names: Names) -> dg.DynamicPartitionsDefinition:
    """One partition for each event day (reporting time zone) that has had events."""
    return dg.DynamicPartitionsDefinition(name=names.name("event_days"))


def add_days(instance: dg.DagsterInstance, partitions: dg.DynamicPartitionsDefinition, days: Iterable[date]) -> None:
    """Make days partitions; those that are stay."""
    if keys := [day.isoformat() for day in sorted(days)]:
        assert partitions.name
        instance.add_dynamic_partitions(partitions.name, keys)
