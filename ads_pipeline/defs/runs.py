"""Runs of the job `ingest` in the instance's records: which have loaded what had landed, which are under way, which failed.

A run is asked for because of what landed before it was created. So any run that is created later and loads everything has loaded
that too, whoever launched it. The instance numbers runs in the order of their creation, so no two clocks are compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg
from dagster import DagsterRunStatus, RunsFilter

INGEST = "ingest"
"""Name of the job that loads."""

CHECKS = "checks"
"""Name of the job that runs every check over everything."""

LOADED = "ads/loaded"
"""Tag of a run that has loaded all that had landed when it began. Its value is the id of that run, since a retry inherits tags."""

RECENT = 50
"""How many runs are looked at."""

FINISHED = (DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED)


@dataclass(frozen=True, slots=True)
class Runs:
    """Recent runs.

    Args:
        newest: the number of the newest run; 0 if there is none.
        loaded: the number of the newest run that loaded everything; 0 if there is none.
        live: the id of a run that has not ended; empty if there is none.
        misses: how many runs in a row, up to the last that ended, did not load everything; `missed_at` is when the last of them
            ended, in seconds since 1970.
    """

    newest: int = 0
    loaded: int = 0
    live: str = ""
    misses: int = 0
    missed_at: float = 0.0


def recent_runs(instance: dg.DagsterInstance, job: str = INGEST) -> Runs:
    """Recent runs of a job in the instance's records."""
    records = instance.get_run_records(RunsFilter(job_name=job), limit=RECENT)
    loads = [record.storage_id for record in records if _has_loaded(record)]
    live = [record.dagster_run.run_id for record in records if record.dagster_run.status not in FINISHED]
    missed = _missed(records)
    return Runs(
        newest=max((record.storage_id for record in records), default=0),
        loaded=max(loads, default=0),
        live=live[0] if live else "",
        misses=len(missed),
        missed_at=max(missed, default=0.0),
    )


def _missed(records: Sequence[Any]) -> list[float]:
    """When each run ended that did not load everything, back to the last one that did; the newest first."""
    ends = list[float]()
    for record in records:
        if _has_loaded(record):
            break
        if record.dagster_run.status in FINISHED:
            ends.append(record.end_time or record.update_timestamp.timestamp())
    return ends


def _has_loaded(record: Any) -> bool:
    return bool(record.dagster_run.tags.get(LOADED) == record.dagster_run.run_id)
