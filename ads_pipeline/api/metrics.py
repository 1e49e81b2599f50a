"""What the service counts, in Prometheus' text format, summed over the workers of a host. `inbox.metrics` counts what happens on disk."""

import os

from prometheus_client import REGISTRY as OWN
from prometheus_client import CollectorRegistry, Counter, generate_latest, multiprocess

ACCEPTED = Counter("ads_events_accepted_total", "Events accepted and kept")
REJECTED = Counter("ads_events_rejected_total", "Events refused, by their first reason", ["reason"])
BYTES = Counter("ads_landing_bytes_total", "Bytes of request bodies taken, decompressed")
REQUESTS = Counter("ads_http_requests_total", "Requests answered", ["path", "status"])


def exposition() -> bytes:
    """All counts as text. `ads serve` sets the variable; the library then shares counts between processes through files."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(OWN)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
