-- grain: one refused line of a drop, whole, with all its reasons
-- source: staged lines that the contract refuses
-- run again: a line of a drop replaces itself (drop, line_number), the highest revision stays
-- column drop: Drop that the line came from
-- column line_number: Line of the drop, from 1
-- column source: Source that read it
-- column landed_day: Day that the drop landed (UTC)
-- column reasons: Why it was refused: each reason names the rule and the field
-- column line: The line, whole
-- column state: held, released (loaded by a replay) or discarded
-- column quarantined_at: When it was refused (UTC)
-- column revision: Order of writing; of a record the highest stays
CREATE TABLE IF NOT EXISTS quarantine {{ on_cluster }}
(
    drop           String,
    line_number    UInt64,
    source         LowCardinality(String),
    landed_day     Date,
    reasons        Array(LowCardinality(String)),
    line           String,
    state          Enum8('held' = 1, 'released' = 2, 'discarded' = 3),
    quarantined_at DateTime64(3, 'UTC'),
    revision       UInt64
)
ENGINE = {{ replicated }}ReplacingMergeTree({{ everywhere }}revision)
ORDER BY (drop, line_number)
