-- Drops a table that a dead run has left, where it is run, and does not wait until its files are gone: a file system that lost
-- half of the name change by which an earlier drop began would have this one waited for without end.
-- run again: no change
DROP TABLE IF EXISTS {{ table }}
