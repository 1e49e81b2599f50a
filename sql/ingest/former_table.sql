-- grain: one event as `events` holds it, whose content gives way to another of this batch
-- run again: the next run makes one of its own; this one is dropped with what a run left behind
CREATE TABLE {{ former }} AS events
ENGINE = MergeTree
ORDER BY ({{ identity }})
