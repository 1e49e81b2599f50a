-- grain: as `quarantine`, whose content it takes the place of, on one node
-- run again: the next run makes one of its own; this one is dropped with what a run left behind
CREATE TABLE {{ target }} AS quarantine
ENGINE = ReplacingMergeTree(revision)
PRIMARY KEY (drop, line_number)
ORDER BY (drop, line_number, record)
SETTINGS {{ synced }}
