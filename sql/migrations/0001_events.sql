-- grain: one event, identified by (event_date, event_id)
-- source: published batches; of rows with one identity the highest version (the last received) stays
-- `drop` and `line_number` name the line that the content came from, `origin` the drop that brought the
-- identity first, `version` the landing position of the drop that confirmed the content last.
CREATE TABLE IF NOT EXISTS events {{ on_cluster }}
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
    cost         Decimal(18, 6),
    revenue      Decimal(18, 6),
    attributes   Map(String, String),
    event_date   Date,
    drop         LowCardinality(String),
    line_number  UInt64,
    origin       LowCardinality(String),
    version      UInt128
)
ENGINE = {{ replicated }}ReplacingMergeTree(version)
PARTITION BY event_date
ORDER BY event_id
SETTINGS ttl_only_drop_parts = 1
