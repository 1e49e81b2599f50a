-- grain: one record that repeated an event and was left out
-- source: batches that repeat something. `key` and `content` are hashes of the event's identity and of what the record said, by which it is
-- found among `events` and `corrections`. `void`: the drop was loaded again, and the record is no duplicate any more.
-- Kept as long as raw rows.
-- run again: a record of a drop replaces itself, the highest revision stays
CREATE TABLE IF NOT EXISTS duplicates {{ on_cluster }}
(
    event_date  Date,
    drop        LowCardinality(String),
    line_number UInt64,
    record      UInt32,
    key         UInt64,
    content     UInt64,
    void        Bool,
    revision    UInt64
)
ENGINE = {{ replicated }}ReplacingMergeTree({{ everywhere }}revision)
PARTITION BY event_date
ORDER BY (event_date, drop, line_number, record)
SETTINGS {{ synced }}
