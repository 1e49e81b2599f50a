-- Drops a rollup's table, or one that was to be it, on every shard.
-- run again: no change
DROP TABLE IF EXISTS {{ table }} {{ on_cluster }} SYNC
