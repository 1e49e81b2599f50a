"""The sensor `alerts`: tells people outside of trouble, once, and once when it is over.

Trouble is read from the instance's records: a job whose last run failed, and a check whose last result is a failure; that is how a
failed drop (`no_failed_drop`) and late data (`drops_waiting`, `recent`) are seen too. What each recipient has been told is in the
sensor's cursor: what could not be sent is sent by a later tick.
"""

import logging
import time
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import dagster as dg
from dagster import DagsterRunStatus, RunsFilter
from pydantic import Field

from ads_pipeline.defs.cursors import TickCursor
from ads_pipeline.defs.housekeeping import run_names
from ads_pipeline.defs.names import Names
from ads_pipeline.defs.runs import FINISHED
from ads_pipeline.errors import TransientError
from ads_pipeline.pipeline.alerts import Alert, Sender, senders, shortened
from ads_pipeline.pipeline.quality import Check, all_checks
from ads_pipeline.settings import Settings

log = logging.getLogger(__name__)

AT_A_TIME = 20
"""Messages that a tick sends to a recipient at most."""

REMEDY = "if it may pass, the next run is asked for by itself; else `ads doctor`, and the log of the run"
"""What to do about a run that failed."""

UNKNOWN = None
"""Of a check that is to run at the moment, or has never run: what was so stays so."""


class Cursor(TickCursor):
    """What one tick passes on to the next: its time (seconds since 1970), and by recipient the titles of the trouble told, by key."""

    at: float = 0.0
    told: dict[str, dict[str, str]] = Field(default_factory=dict)


def build_alerts_sensor(settings: Settings, names: Names) -> dg.SensorDefinition:
    """Sends what is new, to each recipient of the settings. Opens no engine."""
    checks = all_checks(settings)

    @dg.sensor(
        name=names.name("alerts"),
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells ADS_ALERT_URL and ADS_ALERT_MAIL of failed runs, failing checks, failed drops and late data.",
    )
    def alerts(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        recipients = senders(settings)
        if not recipients:
            return dg.SkipReason("nobody is to be told: ADS_ALERT_URL and ADS_ALERT_MAIL are empty")
        cursor, now = Cursor.read(context.cursor), time.time()
        trouble = find_trouble(context.instance, settings, names, checks, cursor.at or now)
        failures = [
            failure for name, send in recipients.items() if (failure := _tell(send, trouble, cursor.told.setdefault(name, {}), settings))
        ]
        cursor.at = now
        for failure in failures:
            log.error("an alert was not sent, and is tried again: %s", failure)
        count = sum(found is not UNKNOWN and found.status == "trouble" for found in trouble.values())
        said = "; ".join(failures) or f"{count} troubles, all told"
        return dg.SensorResult(skip_reason=said, cursor=cursor.model_dump_json())

    return alerts


Trouble = Mapping[str, Alert | None]
"""By key: the alert of what is wrong; missing: all is well; None: unknown."""


def _tell(send: Sender, trouble: Trouble, told: dict[str, str], settings: Settings) -> str:
    """Send what is new and what is over, and note it in `told`. Returns why it could not, or nothing."""
    over = [Alert(key, "over", f"Over: {title}", "", "", settings.ui_url) for key, title in sorted(told.items()) if key not in trouble]
    new = [alert for key, alert in sorted(trouble.items()) if alert is not UNKNOWN and key not in told]
    for alert in (*over, *new)[:AT_A_TIME]:
        try:
            send(alert)
        except TransientError as error:
            return str(error)
        if alert.status == "over":
            del told[alert.key]
        else:
            told[alert.key] = alert.title
    return ""


def find_trouble(
    instance: dg.DagsterInstance, settings: Settings, names: Names, checks: Collection[Check], since: float
) -> dict[str, Alert | None]:
    """What is wrong now; a run that failed after `since` (seconds since 1970) is, even if a later one succeeded."""
    found, of_checks = dict[str, Alert | None](), {names.name(f"check_{check.asset}") for check in checks}
    for job in run_names(names):
        run = _failed_run(instance, job, since)
        if run and (reason := _reason(instance, run, of_checks)):
            link = f"{settings.ui_url.rstrip('/')}/runs/{run.run_id}"
            found[f"job {job}"] = Alert(f"job {job}", "trouble", f"A run of {job} failed", shortened(reason), REMEDY, link)
    return found | dict(_failing_checks(instance, settings, names, checks))


def _failed_run(instance: dg.DagsterInstance, job: str, since: float) -> dg.DagsterRun | None:
    """The last run of a job, if it failed; else one that failed since."""
    last = instance.get_run_records(RunsFilter(job_name=job, statuses=list(FINISHED)), limit=1)
    if last and last[0].dagster_run.status == DagsterRunStatus.FAILURE:
        return last[0].dagster_run
    after = datetime.fromtimestamp(since, UTC)
    failed = instance.get_run_records(RunsFilter(job_name=job, statuses=[DagsterRunStatus.FAILURE], updated_after=after), limit=1)
    return failed[0].dagster_run if failed else None


def _reason(instance: dg.DagsterInstance, run: dg.DagsterRun, of_checks: Collection[str]) -> str:
    """Why a run failed; empty if nothing but checks did, each of which is trouble of its own."""
    failures = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    for entry in failures:
        event = entry.dagster_event
        if event and event.step_key not in of_checks:
            data = event.step_failure_data
            told = data.user_failure_data.description if data.user_failure_data else None
            return told or (data.error.message if data.error else None) or event.message or "a step failed"
    if failures:
        return ""
    ended = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
    return (ended[-1].dagster_event.message if ended and ended[-1].dagster_event else None) or "the run did not say why"


def _failing_checks(
    instance: dg.DagsterInstance, settings: Settings, names: Names, checks: Collection[Check]
) -> Iterator[tuple[str, Alert | None]]:
    keys = {dg.AssetCheckKey(names.key(check.asset), check.name): check for check in checks}
    latest = instance.event_log_storage.get_latest_asset_check_execution_by_key(list(keys))
    for key, check in keys.items():
        event = latest[key].event if key in latest else None
        if not event or not event.dagster_event or event.dagster_event_type != dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            yield f"check {check.full_name}", UNKNOWN
        elif not (evaluation := event.dagster_event.asset_check_evaluation_data).passed:
            link = f"{settings.ui_url.rstrip('/')}/assets/{'/'.join(key.asset_key.path)}?view=checks&checkDetail={key.name}"
            sample = [str(item) for item in _value(evaluation.metadata, "sample") or ()]
            reason = f"{check.severity}: {check.description} Observed {_value(evaluation.metadata, 'observed')}: {', '.join(sample)}"
            remedy = check.remedy or f"`ads check {check.full_name}` shows it"
            title = f"Check {check.full_name} fails"
            yield f"check {check.full_name}", Alert(f"check {check.full_name}", "trouble", title, shortened(reason), remedy, link)


def _value(metadata: Mapping[str, dg.MetadataValue[Any]], name: str) -> Any:
    return metadata[name].value if name in metadata else None
