-- grain: one batch (or backfill) and event day that it touches
-- source: noted unsettled before the first change of the day, settled after the last
-- run again: settled replaces unsettled; what stands unsettled belongs to a run that died
CREATE TABLE IF NOT EXISTS batch_days {{ on_cluster }}
(
    batch      String,
    event_date Date,
    settled    UInt8,
    noted_at   DateTime64(3, 'UTC')
)
ENGINE = {{ replicated }}ReplacingMergeTree({{ everywhere }}settled)
ORDER BY (batch, event_date)
