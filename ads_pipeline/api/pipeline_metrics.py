"""Metrics of the pipeline, beside the service's own: read from the engine once a minute at most, and never while a request waits.

A request gets what the last read found; it starts another one if that is older than `KEPT_SECONDS`. So strangers cost one read a minute.
"""

import asyncio
import logging
import shutil
import time
from collections.abc import Iterator
from functools import partial

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from ads_pipeline.api.reader import Reader
from ads_pipeline.errors import AdsError
from ads_pipeline.pipeline.status import Measured, read_metrics
from ads_pipeline.settings import Settings

log = logging.getLogger(__name__)

KEPT_SECONDS = 60.0
"""How old the values may be before they are read again."""

HELP = {
    "ads_pipeline_drops": "Drops in the ledger, by status",
    "ads_pipeline_lines": "Lines of the drops that are loaded",
    "ads_pipeline_records": "Records of the drops that are loaded, by outcome",
    "ads_pipeline_lag_seconds": "From landing to rollup, of the drops loaded in the last hour",
    "ads_pipeline_batch_seconds": "What the batches of drops that were loaded in the last hour took",
    "ads_pipeline_last_load_timestamp_seconds": "When the last drop was loaded",
    "ads_pipeline_newest_drop_timestamp_seconds": "When the newest drop that is loaded landed",
    "ads_pipeline_quarantine_held": "Refused records that wait in quarantine",
    "ads_pipeline_unsettled_days": "Event days that stand unsettled",
    "ads_pipeline_check_passed": "Whether a check passed when it ran last: 1 or 0",
    "ads_pipeline_check_timestamp_seconds": "When a check ran last",
    "ads_pipeline_up": "Whether the last read of the engine for these metrics succeeded",
    "ads_pipeline_read_timestamp_seconds": "When the engine was read for these metrics",
    "ads_disk_free_bytes": "Free space of the disk under ADS_HOME",
    "ads_disk_size_bytes": "Size of the disk under ADS_HOME",
}
"""Every metric of the pipeline, all of them gauges, with what it says."""


class PipelineMetrics:
    """The text of these metrics, for one worker."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._found: list[Measured] = []
        self._read_at, self._up, self._begun = 0.0, False, float("-inf")
        self._task: asyncio.Task[None] | None = None

    def text(self, reader: Reader) -> str:
        """What is known now; begins to read anew if it is old."""
        if time.monotonic() - self._begun > KEPT_SECONDS and (self._task is None or self._task.done()):
            self._begun = time.monotonic()
            self._task = asyncio.create_task(self._read(reader))
        disk = shutil.disk_usage(self._settings.home)
        own = [Measured("ads_disk_free_bytes", "", "", disk.free), Measured("ads_disk_size_bytes", "", "", disk.total)]
        if self._read_at or self._task is None or self._task.done():
            own.append(Measured("ads_pipeline_up", "", "", float(self._up)))
        if self._read_at:
            own.append(Measured("ads_pipeline_read_timestamp_seconds", "", "", self._read_at))
        return exposition([*self._found, *own])

    async def _read(self, reader: Reader) -> None:
        try:
            self._found = await asyncio.wrap_future(reader.read(partial(read_metrics, settings=self._settings)))
            self._read_at, self._up = time.time(), True
        except (AdsError, OSError) as error:
            log.warning("metrics of the pipeline cannot be read: %s", error)
            self._up = False


def exposition(measured: list[Measured]) -> str:
    """Values in Prometheus' text format, each metric together."""
    registry = CollectorRegistry()
    registry.register(_Found(measured))
    return generate_latest(registry).decode()


class _Found(Collector):
    """Values as `prometheus_client` collects them."""

    def __init__(self, measured: list[Measured]) -> None:
        self._measured = measured

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Each metric that has values."""
        for name, meaning in HELP.items():
            if values := [value for value in self._measured if value.metric == name]:
                family = GaugeMetricFamily(name, meaning, labels=[values[0].label] if values[0].label else [])
                for value in values:
                    family.add_metric([value.named] if value.label else [], value.value)
                yield family
