-- Drops a view: of a rollup on every shard, or its report.
-- run again: no change
DROP VIEW IF EXISTS {{ view }} {{ on_cluster }} SYNC
