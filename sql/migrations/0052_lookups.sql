-- grain: one dimension whose values have names: its file of names as it was read last
-- source: sql/lookups/<dimension>.csv, by every run that finds another checksum
-- The names stand in one row, so that a file takes the place of the one before as a whole.
-- run again: the row replaces itself
CREATE TABLE IF NOT EXISTS lookups {{ on_cluster }}
(
    dimension LowCardinality(String),
    checksum  String,
    keys      Array(String),
    names     Array(String),
    revision  UInt64
)
ENGINE = {{ replicated }}ReplacingMergeTree({{ everywhere }}revision)
ORDER BY dimension
SETTINGS {{ synced }}
