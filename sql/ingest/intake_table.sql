-- grain: one record of a line of the batch's drops, parsed and judged, on its way: this table keeps nothing, and its two views write the records
--   that are valid to one table and all others to another (valid_table; aside_table, which says what the columns mean)
-- run again: no change; the next run makes one of its own, and this one is dropped with what a run left behind
CREATE TABLE IF NOT EXISTS {{ intake }} AS {{ aside }}
ENGINE = Null
