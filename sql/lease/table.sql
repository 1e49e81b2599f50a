-- grain: one claim of the right to write to this database
-- source: every run that writes: claimed, then held, renewed while it lives, then released; withdrawn when another was there too
-- Whoever holds the highest generation that was ever held is the writer, and all before it may write no more.
-- run again: no change
CREATE TABLE IF NOT EXISTS leases {{ on_cluster }}
(
    generation UInt64,
    holder     String,
    host       String,
    machine    String,
    pid        UInt32,
    started    UInt64,
    state      Enum8('claimed' = 1, 'held' = 2, 'released' = 3, 'withdrawn' = 4),
    beat_at    DateTime64(6, 'UTC')
)
ENGINE = {{ replicated }}ReplacingMergeTree({{ everywhere }}beat_at)
ORDER BY (generation, holder)
TTL toDateTime(beat_at) + INTERVAL 90 DAY
SETTINGS {{ synced }}
