-- grain: one drop and event day
-- source: ingest: how many identities of the day the drop brought first; added up, the rows that
-- `events FINAL` must hold for a day as long as none has expired
-- run again: a drop's days replace themselves, the highest revision stays
CREATE TABLE IF NOT EXISTS drop_days {{ on_cluster }}
(
    drop       String,
    event_date Date,
    accepted   UInt64,
    revision   UInt64
)
ENGINE = {{ replicated }}ReplacingMergeTree({{ everywhere }}revision)
ORDER BY (event_date, drop)
