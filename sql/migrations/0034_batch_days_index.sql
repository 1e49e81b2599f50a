-- grain: as before. The index lets a run find the days that stand unsettled without reading settled notes.
-- table: everywhere
-- Not ON CLUSTER: all nodes replicate this one table. Run again: no change.
ALTER TABLE batch_days ADD INDEX IF NOT EXISTS by_settled settled TYPE minmax GRANULARITY 1
