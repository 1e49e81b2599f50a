-- grain: as before. `rows` is how many rows the parts had, so that a mutation which deleted nothing is told from one that did; 0: not noted.
-- table: everywhere
-- Run again: no change.
ALTER TABLE day_parts {{ on_cluster }} ADD COLUMN IF NOT EXISTS rows UInt64
