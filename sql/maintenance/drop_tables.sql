-- Drops tables of one run, where it is run.
-- run again: no change
DROP TABLE IF EXISTS {{ tables }} SYNC
