-- grain: one event with the content that takes the place of another
-- run again: the next run makes one of its own; this one is dropped with what a run left behind
CREATE TABLE {{ latter }} AS events
ENGINE = MergeTree
ORDER BY ({{ identity }})
