-- grain: as `corrections`, of which it takes the place of days, on one node
-- run again: the next run makes one of its own; this one is dropped with what a run left behind
CREATE TABLE {{ target }} AS corrections
ENGINE = ReplacingMergeTree(revision)
PARTITION BY event_date
ORDER BY (event_id, event_type, ids, event_date, drop, line_number, record)
SETTINGS {{ synced }}
