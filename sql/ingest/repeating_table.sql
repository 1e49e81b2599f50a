-- grain: one valid record whose identity may stand more than once: a few of them are copied here, so that no statement after looks for them
--   among all
-- Filled by a statement of its own: CREATE … AS SELECT renames the table in the end, and where power is lost in that, the engine starts no more.
-- run again: the next run makes one of its own; this one is dropped with what a run left behind
CREATE TABLE {{ repeating }} AS events
ENGINE = MergeTree
PARTITION BY tuple()
PRIMARY KEY tuple()
ORDER BY tuple()
SETTINGS min_bytes_for_wide_part = 1073741824, {% include "ingest/unmerged.sql" %}
