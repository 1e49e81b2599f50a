-- grain: the rollup's dimensions: an empty table of its shape, for one run; with the projections that somebody has added (see replaced_table)
-- run again: the next run makes one of its own; this one is dropped with what a run left behind
CREATE TABLE {{ table }} AS {{ model }}
ENGINE = AggregatingMergeTree
PARTITION BY event_date
ORDER BY ({{ dimensions }})
SETTINGS deduplicate_merge_projection_mode = 'rebuild', {{ synced }}
