-- grain: one fact about the database as a whole: `timezone`, `kept_from`, `rollup:<name>`, …
-- source: `ads init`, and retention as the days pass
-- run again: the last value stays
CREATE TABLE IF NOT EXISTS state {{ on_cluster }}
(
    key      String,
    value    String,
    revision UInt64
)
ENGINE = {{ replicated }}ReplacingMergeTree({{ everywhere }}revision)
ORDER BY key
