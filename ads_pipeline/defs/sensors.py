"""Sensors: request a run for what has landed, until it is loaded; log failed runs."""

import logging
import time

import dagster as dg

from ads_pipeline.defs.cursors import TickCursor
from ads_pipeline.defs.names import Names
from ads_pipeline.defs.runs import INGEST, Runs, recent_runs
from ads_pipeline.errors import LandingError
from ads_pipeline.landing import Survey
from ads_pipeline.pipeline.ledger import asked_for
from ads_pipeline.settings import Settings

log = logging.getLogger(__name__)

PAUSES = (30, 60, 120, 180)
"""Seconds before the next run is requested, after one run that did not load the drops, after two, …"""

PERSISTENT, LONG_PAUSE = 20, 900
"""From this many such runs on, the pause is this many seconds."""


class Cursor(TickCursor):
    """What one tick passes on to the next.

    Args:
        mark, total: those of the survey of the landing store at that tick.
        asked: the note of `ads drops retry` that this tick has seen.
        since: a run with a higher number has to load what has landed; None if everything is loaded.
    """

    mark: str = ""
    total: str = ""
    asked: str = ""
    since: int | None = None


def build_new_drops_sensor(settings: Settings, names: Names) -> dg.SensorDefinition:
    """Requests an ingest run when anything in the landing store has changed or `ads drops retry` was called, and again until a run has
    loaded it. Opens no engine.
    """
    survey = Survey(settings.look_back)

    @dg.sensor(
        name=names.name("new_drops"),
        job_name=names.name(INGEST),
        minimum_interval_seconds=4,  # the daemon looks every 5 seconds
        default_status=dg.DefaultSensorStatus.RUNNING,
        required_resource_keys={names.resource},
    )
    def new_drops(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        try:
            survey.look(names.engine(context).store())
        except LandingError as error:
            return dg.SkipReason(str(error))
        cursor = Cursor.read(context.cursor)
        asked = asked_for(settings)
        changed = has_changed(cursor, survey) or asked != cursor.asked
        runs = Runs() if cursor.since is None and not changed else recent_runs(context.instance, names.name(INGEST))
        since = waiting_since(cursor, runs, changed=changed)
        upcoming = Cursor(mark=survey.mark, total=survey.total or cursor.total, asked=asked, since=since)
        reason = why_not(upcoming, runs, time.time())
        if reason:
            return dg.SensorResult(skip_reason=reason, cursor=upcoming.model_dump_json())
        # no run_key: Dagster remembers it for ever, and a failed run has to be requested again
        return dg.SensorResult(run_requests=[dg.RunRequest()], cursor=upcoming.model_dump_json())

    return new_drops


def has_changed(cursor: Cursor, survey: Survey) -> bool:
    """Whether the store has changed since the cursor, or may have: this process has not seen all of it yet."""
    return cursor.mark != survey.mark and (not survey.total or cursor.total != survey.total)


def waiting_since(cursor: Cursor, runs: Runs, *, changed: bool) -> int | None:
    """The number above which a run has to load what has landed; None if one has, and nothing has changed since."""
    if changed:
        return runs.newest
    if cursor.since is None or runs.loaded > cursor.since:
        return None
    return min(cursor.since, runs.newest)  # runs may have been deleted and their numbers reused


def why_not(cursor: Cursor, runs: Runs, now: float) -> str:
    """Why no run is requested now; empty if one should be."""
    if cursor.since is None:
        return "no new drops: everything that has landed is loaded"
    if runs.live:
        return f"drops have landed; run {runs.live} is under way"
    pause = 0 if not runs.misses else LONG_PAUSE if runs.misses >= PERSISTENT else PAUSES[min(runs.misses, len(PAUSES)) - 1]
    left = runs.missed_at + pause - now
    return f"drops have landed; {runs.misses} runs did not load them, the next is requested in {left:.0f} s" if left > 0 else ""


def build_failed_runs_sensor(names: Names) -> dg.SensorDefinition:
    """Logs each failed run, where log shippers find it."""

    @dg.run_failure_sensor(name=names.name("log_failed_runs"), default_status=dg.DefaultSensorStatus.RUNNING)
    def log_failed_runs(context: dg.RunFailureSensorContext) -> None:
        run = context.dagster_run
        log.error("run %s of job %s failed: %s", run.run_id, run.job_name, context.failure_event.message)

    return log_failed_runs
