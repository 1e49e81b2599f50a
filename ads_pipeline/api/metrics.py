"""What the service counts, in Prometheus' text format, added up over the workers of a host."""

import os

from prometheus_client import REGISTRY as OWN
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess

ACCEPTED = Counter("ads_events_accepted_total", "Events accepted and kept")
REJECTED = Counter("ads_events_rejected_total", "Events refused, by their first reason", ["reason"])
BYTES = Counter("ads_landing_bytes_total", "Bytes of request bodies taken, decompressed")
REQUESTS = Counter("ads_http_requests_total", "Requests answered", ["path", "status"])
FSYNC = Histogram("ads_fsync_seconds", "Time that syncing the spool took", buckets=[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5])
SEALED = Counter("ads_drops_sealed_total", "Drops sealed")
SEAL_FAILURES = Counter("ads_seal_failures_total", "Times that the landing store refused a drop")
DAMAGED = Counter("ads_spool_damaged_total", "Segments of the spool that were damaged on disk, and are kept as .broken")
SEAL_LAG = Gauge("ads_seal_lag_seconds", "Age of the oldest events that are in no drop yet", multiprocess_mode="mostrecent")


def exposition() -> bytes:
    """All counts as text. `ads serve` sets the variable, by which the library shares counts between processes."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(OWN)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
