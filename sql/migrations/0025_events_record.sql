-- grain: as before. `record` is the place of the event among those of its line, from 1; 0 where the line yields no more than one.
-- `confirmed_line` and `confirmed_record` are the line of the drop `confirmed_by` that had this content last; 0: the row's own.
-- Run again: no change.
ALTER TABLE events {{ on_cluster }}
    ADD COLUMN IF NOT EXISTS record UInt32 AFTER line_number,
    ADD COLUMN IF NOT EXISTS confirmed_line UInt64 DEFAULT toUInt64(version % 4294967296),
    ADD COLUMN IF NOT EXISTS confirmed_record UInt32
