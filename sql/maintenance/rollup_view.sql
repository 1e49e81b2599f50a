-- Feeds a rollup with every row published to `events`. Run again: no change.
CREATE MATERIALIZED VIEW IF NOT EXISTS {{ view }} {{ on_cluster }} TO {{ table }} AS {{ select }}
