"""The run launcher of `dagster.yaml`: Dagster's default launcher, which can also tell whether a run's process is gone.

Dagster's run monitoring asks it for the health of each started run and ends those whose process is gone. Runs that never start,
and those that do not end when cancelled, run monitoring ends by its own timeouts.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dagster as dg

# internal to Dagster, which exports neither
from dagster._core.launcher import CheckRunHealthResult, WorkerStatus

from ads_pipeline.defs.alive import last_sign
from ads_pipeline.defs.resources import POOL

if TYPE_CHECKING:
    from dagster._serdes import ConfigurableClassData

SILENT_SECONDS = 60.0
"""A run that has given no sign of life for this long is considered gone."""

LOOK_SECONDS = 20.0
"""What one look adds to that at most: the watcher may have been suspended since the last look, and the run with it."""

FORGET_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the last look at a run found: its sign, how long the sign has been the same (seconds), and the time of the look."""

    sign: str
    silent: float
    at: float


class WatchingRunLauncher(dg.DefaultRunLauncher):
    """Launches runs like the default launcher, and watches those of the pool `engine`."""

    def __init__(self, inst_data: "ConfigurableClassData | None" = None) -> None:
        super().__init__(inst_data)
        self._seen = dict[str, _Seen]()

    @classmethod
    def from_config_value(cls, inst_data: "ConfigurableClassData", config_value: Mapping[str, Any]) -> "WatchingRunLauncher":
        """Called by Dagster for `dagster.yaml`."""
        del config_value
        return cls(inst_data)

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Whether run monitoring should ask for the health of runs."""
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Whether a started run still gives signs. Only that they change counts, so clocks may differ."""
        if not run.run_op_concurrency or POOL not in (run.run_op_concurrency.all_pools or ()):
            return CheckRunHealthResult(WorkerStatus.RUNNING, "not a run that gives signs of life")
        now, sign = time.monotonic(), last_sign(self._instance, run.run_id)
        before = self._seen.get(run.run_id) or _Seen(sign, 0, now)
        silent = before.silent + min(now - before.at, LOOK_SECONDS) if sign == before.sign else 0
        self._seen = {name: seen for name, seen in self._seen.items() if now - seen.at < FORGET_SECONDS}
        self._seen[run.run_id] = _Seen(sign, silent, now)
        if silent < SILENT_SECONDS:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.FAILED, f"the process is gone: no sign of life for {silent:.0f} s")
