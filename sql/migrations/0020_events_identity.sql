-- grain: one event, identified by (event_date, ids, event_type, event_id): `ids` is the space that its id belongs to
-- source: published batches; of rows with one identity the highest version (the last received) stays
-- rewrites: events
-- The day is in the key, so that FINAL is right whatever the reader has set about partitions. `quantity` is how many events the row stands
-- for; amounts have nine decimals and a sign.
-- Run again: the table is made anew, filled and exchanged with `events` (pipeline/rewriting.py).
-- column ids: Id space that the id belongs to: the name of the source, unless its header says another
-- column event_date: Event day, in the reporting time zone
-- column drop: Drop that the content came from
-- column line_number: Line of the drop, from 1
-- column record: Place of the event among those of its line, from 1; 0 where the line yields no more than one
-- column origin: Drop that brought the identity first
-- column version: Place in the order of receipt; of an identity the highest stays
-- column confirmed_by: Drop that had this content last
-- column batch: Batch that wrote the row; empty for rows of earlier releases
-- column confirmed_line: Line of that drop; 0: the row's own
-- column confirmed_record: Record of that line; 0: the row's own
CREATE TABLE scratch_0020_events {{ on_cluster }}
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
    origin       LowCardinality(String),
    version      UInt128,
    confirmed_by LowCardinality(String) DEFAULT drop,
    batch        LowCardinality(String),
    confirmed_line   UInt64 DEFAULT toUInt64(version % 4294967296),
    confirmed_record UInt32
)
ENGINE = {{ replicated }}ReplacingMergeTree(version)
PARTITION BY event_date
PRIMARY KEY event_id
ORDER BY (event_id, event_type, ids, event_date)
SETTINGS ttl_only_drop_parts = 1, {{ synced }}
