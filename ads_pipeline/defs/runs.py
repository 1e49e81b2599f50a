"""What the instance's records tell of runs of the job `ingest`: which have loaded what had landed, which are under way, which failed.

A run is asked for what landed before it was made. So a run that is made later and loads everything has loaded that too, whoever
launched it; the order in which runs were made is the instance's own numbering, and no clock is compared with another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg
from dagster import DagsterRunStatus, RunsFilter

INGEST = "ingest"
"""Name of the job."""

EVERYTHING = {"ads/landed": "all"}
"""Tag of a run that loads the drops of every landed day, whatever its partition."""

LOADED = "ads/loaded"
"""Tag that a run gives itself (its own id, since a retry inherits tags) when it has loaded whatever had landed when it began."""

RECENT = 50
"""Runs that are looked at."""

FINISHED = (DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED)


@dataclass(frozen=True, slots=True)
class Runs:
    """Recent runs.

    Args:
        newest: the number of the one made last; 0 when there is none.
        loaded: the number of the last one that loaded everything; 0 when there is none.
        live: one that has not ended, if there is one.
        misses: how many of those that ended last did not load everything; `missed_at` is when the last of them ended.
    """

    newest: int = 0
    loaded: int = 0
    live: str = ""
    misses: int = 0
    missed_at: float = 0.0


def recent_runs(instance: dg.DagsterInstance) -> Runs:
    """What the instance knows of recent runs."""
    records = instance.get_run_records(RunsFilter(job_name=INGEST), limit=RECENT)
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
    """When each of those runs ended that ended last and did not load everything."""
    ends = list[float]()
    for record in records:
        if _has_loaded(record):
            break
        if record.dagster_run.status in FINISHED:
            ends.append(record.end_time or record.update_timestamp.timestamp())
    return ends


def _has_loaded(record: Any) -> bool:
    return bool(record.dagster_run.tags.get(LOADED) == record.dagster_run.run_id)
