-- grain: one refused record of a line, with the line as a whole; `record`: as in `events`
-- A record of a drop replaces itself (drop, line_number, record).
-- table: everywhere
-- Run again: no change.
-- column record: Place of the record among those of its line, from 1; 0: the line as a whole
ALTER TABLE quarantine ADD COLUMN IF NOT EXISTS record UInt32 AFTER line_number, MODIFY ORDER BY (drop, line_number, record)
