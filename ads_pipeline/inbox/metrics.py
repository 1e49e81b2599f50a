"""What the inbox counts (Prometheus). The service's `/metrics` shows it with its own counts."""

from prometheus_client import Counter, Gauge, Histogram

FSYNC = Histogram("ads_fsync_seconds", "Time that syncing the spool took", buckets=[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5])
SEALED = Counter("ads_drops_sealed_total", "Drops sealed")
SEAL_FAILURES = Counter("ads_seal_failures_total", "Times that segments could not be sealed")
DAMAGED = Counter("ads_spool_damaged_total", "Segments of the spool that were damaged on disk, and are kept as .broken")
SEAL_LAG = Gauge("ads_seal_lag_seconds", "Age of the oldest events that are in no drop yet", multiprocess_mode="mostrecent")
SEGMENTS = Gauge("ads_spool_files", "Files of the spool: waiting, broken (damaged) or foreign", ["state"], multiprocess_mode="mostrecent")
SPOOL_BYTES = Gauge("ads_spool_bytes", "Bytes of events that are in no drop yet", multiprocess_mode="mostrecent")
LAST_PASS = Gauge("ads_sealer_last_pass_timestamp_seconds", "When a sealer last looked at the spool", multiprocess_mode="mostrecent")
