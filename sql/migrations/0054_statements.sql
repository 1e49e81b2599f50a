-- grain: one rollup and range of event days that were stated: closed by `ads close`, or stated anew by `ads restate`
-- source: a row is written when all rows of the statement are in `day_totals` under its batch: without it they do not count
-- The statement of a day is the last one that has the day in its range.
-- run again: each run has a batch of its own
CREATE TABLE IF NOT EXISTS statements {{ on_cluster }}
(
    name       LowCardinality(String),
    batch      String,
    first      Date,
    last       Date,
    stated_at  DateTime64(3, 'UTC') DEFAULT now64(3),
    revision   UInt64
)
ENGINE = {{ replicated }}ReplacingMergeTree({{ everywhere }}revision)
ORDER BY (name, batch, first)
SETTINGS {{ synced }}
