-- Drops a table of one run, where it is run.
-- run again: no change
DROP TABLE IF EXISTS {{ table }} SYNC
