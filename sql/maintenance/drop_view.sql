-- Run again: no change.
DROP VIEW IF EXISTS {{ view }} {{ on_cluster }} SYNC
