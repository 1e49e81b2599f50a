-- Feeds a rollup with every row published to `events`; the comment has the checksum of its SELECT
-- run again: no change
CREATE MATERIALIZED VIEW IF NOT EXISTS {{ view }} {{ on_cluster }} TO {{ table }} AS ({{ select }}
)
COMMENT 'rollup {{ checksum }}'
