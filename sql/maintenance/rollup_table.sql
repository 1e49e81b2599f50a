-- grain: the rollup's dimensions; column types follow from its SELECT
CREATE TABLE IF NOT EXISTS {{ table }} {{ on_cluster }}
ENGINE = {{ replicated }}AggregatingMergeTree
PARTITION BY event_date
ORDER BY ({{ dimensions }})
SETTINGS {{ synced }}
EMPTY AS {{ select }}
