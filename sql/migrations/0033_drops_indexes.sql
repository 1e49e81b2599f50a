-- grain: as before. The indexes let a run find what is not finished, and a revision ahead of its clock, without reading settled rows. Parts
-- from before are read whole until they are merged.
-- table: everywhere
-- Not ON CLUSTER: all nodes replicate this one table. Run again: no change.
ALTER TABLE drops
    ADD INDEX IF NOT EXISTS by_status status TYPE set(8) GRANULARITY 1,
    ADD INDEX IF NOT EXISTS by_revision revision TYPE minmax GRANULARITY 1
