-- grain: one record of a line of the batch's drops, parsed and judged (`record`: see `contract`); one that is ignored has the reason `ignored`
--   alone, and as its line why; `line` stands with those of the line's records that are refused, as far as `contract` gives it to them, and
--   else with its first
-- `chunk` is the insert that brought it, so that an insert which fails halfway can be taken back;
-- `key` stands for the identity wherever a hash will do.
-- run again: the next run makes one of its own; this one is dropped with what a run left behind
CREATE TABLE {{ staging }}
(
    chunk UInt32,
    drop_no UInt32,
    line_number UInt64,
    record UInt32,
    {{ event_definitions }},
    event_date Date,
    reasons Array(LowCardinality(String)),
    line String,
    ids LowCardinality(String),
    key UInt64 CODEC(NONE)
)
ENGINE = MergeTree
PARTITION BY chunk
ORDER BY tuple()
SETTINGS {% include "ingest/unmerged.sql" %}
