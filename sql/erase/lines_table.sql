-- grain: one line of the batch's drops that names an erased person
-- run again: the next run makes one of its own; this one is dropped with what a run left behind
CREATE TABLE {{ erased }} (drop_no UInt32, line_number UInt64) ENGINE = MergeTree ORDER BY (drop_no, line_number)
