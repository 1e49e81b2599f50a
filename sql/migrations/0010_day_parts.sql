-- grain: one table (`events` or a rollup), event day and shard
-- source: each time a day is settled: the parts that it is made of, as ranges of block numbers, and its newest mutation
-- A merge keeps the ranges covered, so a range that no part covers tells of rows that were lost since, without a look at any row.
-- Run again: a day's row replaces itself, the highest revision stays.
CREATE TABLE IF NOT EXISTS day_parts {{ on_cluster }}
(
    name       LowCardinality(String),
    event_date Date,
    shard      UInt32,
    blocks     Array(Tuple(Int64, Int64)),
    mutation   Int64,
    revision   UInt64
)
ENGINE = {{ replicated }}ReplacingMergeTree({{ everywhere }}revision)
ORDER BY (name, event_date, shard)
