-- grain: one person who was erased: HMAC-SHA256 of the user id, under the key that stands in ADS_HOME and in no table
-- source: `ads erase`; lines of these people are left out whenever drops are loaded
-- `in_text`: the id is long enough to be looked for in the text of lines, and not only as a user id
-- run again: a person's row replaces itself
CREATE TABLE IF NOT EXISTS erased {{ on_cluster }}
(
    person   FixedString(32),
    in_text  Bool,
    erasure  String,
    noted_at DateTime64(3, 'UTC') DEFAULT now64(3),
    revision UInt64
)
ENGINE = {{ replicated }}ReplacingMergeTree({{ everywhere }}revision)
ORDER BY person
SETTINGS {{ synced }}
