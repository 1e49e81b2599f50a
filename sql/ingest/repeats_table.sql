-- grain: the key of an identity that may stand more than once in the batch, or in `events` already
-- run again: the next run makes one of its own; this one is dropped with what a run left behind
CREATE TABLE {{ repeats }} (key UInt64) ENGINE = MergeTree ORDER BY key
SETTINGS {% include "ingest/unmerged.sql" %}
