-- Run again: no change.
DROP TABLE IF EXISTS {{ table }} SYNC
