-- grain: as `drops`, whose content it takes the place of, on one node
-- run again: the next run makes one of its own; this one is dropped with what a run left behind
CREATE TABLE {{ target }} AS drops
ENGINE = ReplacingMergeTree(revision)
ORDER BY drop
SETTINGS {{ synced }}
