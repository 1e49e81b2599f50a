-- grain: one content that a corrected event has had: of each event that was corrected, the record that each content came from, in the order of
-- receipt (`position`, then drop, line and record); the last one stands in `events`
-- source: batches with corrections, before they are published; a row whose batch was never published stands behind the event's current version
-- Kept as long as raw rows.
-- run again: a record of an event replaces itself
CREATE TABLE IF NOT EXISTS corrections {{ on_cluster }}
(
    event_id     String,
    event_time   DateTime64(3, 'UTC'),
    event_type   LowCardinality(String),
    campaign_id  LowCardinality(String),
    ad_id        String,
    publisher_id LowCardinality(String),
    user_id      String,
    country      LowCardinality(String),
    device       LowCardinality(String),
    quantity     UInt64 DEFAULT 1,
    cost         Decimal(18, 9),
    revenue      Decimal(18, 9),
    attributes   Map(String, String),
    ids          LowCardinality(String),
    event_date   Date,
    drop         LowCardinality(String),
    line_number  UInt64,
    record       UInt32,
    position     UInt128,
    batch        LowCardinality(String),
    revision     UInt64
)
ENGINE = {{ replicated }}ReplacingMergeTree({{ everywhere }}revision)
PARTITION BY event_date
ORDER BY (event_id, event_type, ids, event_date, drop, line_number, record)
SETTINGS {{ synced }}
