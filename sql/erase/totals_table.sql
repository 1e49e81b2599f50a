-- grain: as `day_totals`, whose content it takes the place of, on one node
-- run again: the next run makes one of its own; this one is dropped with what a run left behind
CREATE TABLE {{ target }} AS day_totals
ENGINE = ReplacingMergeTree(revision)
ORDER BY (name, event_date, keys, batch)
SETTINGS {{ synced }}
