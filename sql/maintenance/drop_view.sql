-- Run again: no change.
DROP VIEW IF EXISTS {{ view }} SYNC
