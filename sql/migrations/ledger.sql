-- grain: one applied migration. Run again: no change.
CREATE TABLE IF NOT EXISTS schema_migrations {{ on_cluster }}
(
    version    UInt32,
    name       String,
    checksum   String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {{ replicated }}ReplacingMergeTree({{ everywhere }}applied_at)
ORDER BY version
SETTINGS {{ synced }}
