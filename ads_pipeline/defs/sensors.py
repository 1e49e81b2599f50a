"""Sensors: new drops ask for a run, failed runs are logged."""

import hashlib
import json
import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import date

import dagster as dg

from ads_pipeline.days import as_ranges
from ads_pipeline.defs.partitions import landed_key
from ads_pipeline.defs.ranges import range_tags
from ads_pipeline.defs.resources import Engine
from ads_pipeline.errors import LandingError
from ads_pipeline.landing import Drop
from ads_pipeline.settings import Settings

log = logging.getLogger(__name__)

REMEMBERED_DAYS = 60
"""Landed days with a fingerprint of their own in the cursor; older ones share one."""


def fingerprints(settings: Settings, drops: Iterable[Drop]) -> dict[str, str]:
    """A fingerprint of each partition's drops: it changes when one is added, removed or overwritten, in whatever order they are listed."""
    sums: defaultdict[str, int] = defaultdict(int)
    for drop in drops:
        digest = hashlib.sha256(f"{drop.name}\0{drop.etag}".encode()).digest()
        sums[landed_key(settings, drop.landed_day)] += int.from_bytes(digest[:8])
    days = sorted(sums)
    if len(days) > REMEMBERED_DAYS:
        oldest = days[-REMEMBERED_DAYS]
        sums[oldest] += sum(sums.pop(day) for day in days[:-REMEMBERED_DAYS])
    return {day: f"{total % 2**64:016x}" for day, total in sums.items()}


def build_new_drops_sensor(settings: Settings) -> dg.SensorDefinition:
    """Asks for one ingest run per unbroken range of landed days whose drops have changed. Opens no engine."""

    @dg.sensor(name="new_drops", job_name="ingest", minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
    def new_drops(context: dg.SensorEvaluationContext, engine: dg.ResourceParam[Engine]) -> dg.SensorResult | dg.SkipReason:
        try:
            now = fingerprints(settings, engine.store().list())
        except LandingError as error:
            return dg.SkipReason(str(error))
        seen = json.loads(context.cursor) if context.cursor else {}
        changed = [date.fromisoformat(day) for day, value in now.items() if seen.get(day) != value]
        if not changed:
            return dg.SkipReason("no new drops")
        # no run_key: it would be remembered for ever, and keep a day from being loaded a second time
        requests = [dg.RunRequest(tags=range_tags(first.isoformat(), last.isoformat())) for first, last in as_ranges(changed)]
        return dg.SensorResult(run_requests=requests, cursor=json.dumps(now, sort_keys=True))

    return new_drops


@dg.run_failure_sensor(name="log_failed_runs", default_status=dg.DefaultSensorStatus.RUNNING)
def log_failed_runs(context: dg.RunFailureSensorContext) -> None:
    """Write a failed run to the log, where log shippers find it."""
    log.error("run %s of job %s failed: %s", context.dagster_run.run_id, context.dagster_run.job_name, context.failure_event.message)
