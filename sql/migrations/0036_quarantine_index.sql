-- grain: as before. The index lets a run find a revision ahead of its clock without reading the others.
-- table: everywhere
-- Not ON CLUSTER: all nodes replicate this one table. Run again: no change.
ALTER TABLE quarantine ADD INDEX IF NOT EXISTS by_revision revision TYPE minmax GRANULARITY 1
