-- grain: one event day of a rollup (`keys` empty), or one row of a closed one (`keys`: its dimensions), and batch that changed it:
-- what it came to since then; metrics without totals: it is gone
-- source: each settling of a day. Kept past retention.
-- run again: no change, as nothing has changed since
CREATE TABLE IF NOT EXISTS day_totals {{ on_cluster }}
(
    name       LowCardinality(String),
    event_date Date,
    keys       Array(String),
    batch      String,
    drops      Array(String),
    metrics    Array(LowCardinality(String)),
    totals     Array(String),
    settled_at DateTime64(3, 'UTC') DEFAULT now64(3),
    revision   UInt64
)
ENGINE = {{ replicated }}ReplacingMergeTree({{ everywhere }}revision)
ORDER BY (name, event_date, keys, batch)
SETTINGS {{ synced }}
