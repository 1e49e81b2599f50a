-- grain: one record of a line of the batch's drops that is refused, for `reasons`, or ignored (the reason `ignored` alone, and as its line why);
--   or, without reasons, one that is valid and carries the text of its line for records behind it that are refused
-- `record`: see `contract`; `line` stands with those of the line's records that are refused, as far as `contract` gives it to them, and else
-- with its first
-- run again: the next run makes one of its own; this one is dropped with what a run left behind
CREATE TABLE {{ aside }}
(
    drop_no UInt32,
    line_number UInt64,
    record UInt32,
    {{ event_definitions }},
    event_date Date,
    reasons Array(LowCardinality(String)),
    line String,
    ids LowCardinality(String)
)
ENGINE = MergeTree
ORDER BY tuple()
SETTINGS {% include "ingest/unmerged.sql" %}
