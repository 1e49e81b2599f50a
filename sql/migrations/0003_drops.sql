-- grain: one drop; the ledger
-- source: ingest, at each change of a drop's status; the highest revision is its present state
-- `tie` tells apart drops that landed in the same microsecond, in the order of their names.
CREATE TABLE IF NOT EXISTS drops {{ on_cluster }}
(
    drop        String,
    source      LowCardinality(String),
    landed_day  Date,
    landed_at   DateTime64(6, 'UTC'),
    tie         UInt32,
    etag        String,
    size        UInt64,
    status      Enum8('pending' = 1, 'loading' = 2, 'loaded' = 3, 'failed' = 4),
    batch       String,
    lines       UInt64,
    accepted    UInt64,
    duplicates  UInt64,
    corrections UInt64,
    quarantined UInt64,
    error       String,
    updated_at  DateTime64(3, 'UTC'),
    revision    UInt64
)
ENGINE = {{ replicated }}ReplacingMergeTree({{ everywhere }}revision)
ORDER BY drop
