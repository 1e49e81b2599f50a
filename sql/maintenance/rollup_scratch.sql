-- An empty table of a rollup's shape, for one run.
CREATE TABLE {{ table }} AS {{ model }}
ENGINE = AggregatingMergeTree
PARTITION BY event_date
ORDER BY ({{ dimensions }})
SETTINGS {{ synced }}
