-- grain: the rollup's dimensions; column types follow from its SELECT, whose checksum the comment has
-- run again: no change
CREATE TABLE IF NOT EXISTS {{ table }} {{ on_cluster }}
ENGINE = {{ replicated }}AggregatingMergeTree
PARTITION BY event_date
ORDER BY ({{ dimensions }})
SETTINGS {{ synced }}
EMPTY AS ({{ select }}
)
COMMENT 'rollup {{ checksum }}'
