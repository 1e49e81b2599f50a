-- grain: as before. `states`: of a row of a statement, its metrics as they can be merged again; `shape`: the columns of the rollup then
-- table: everywhere
-- Run again: no change.
ALTER TABLE day_totals
    ADD COLUMN IF NOT EXISTS states Array(String) AFTER totals,
    ADD COLUMN IF NOT EXISTS shape String AFTER states
