-- grain: one event whose content gives way to another of this batch: as `events` holds it, or as it will be
-- run again: the next run makes one of its own; this one is dropped with what a run left behind
CREATE TABLE {{ side }} AS events
ENGINE = MergeTree
ORDER BY ({{ identity }})
