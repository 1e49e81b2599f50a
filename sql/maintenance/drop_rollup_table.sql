-- Run again: no change.
DROP TABLE IF EXISTS {{ table }} {{ on_cluster }} SYNC
