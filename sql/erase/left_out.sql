-- grain: one line that was left out: it stays counted, as ignored
-- source: the lines found
-- run again: never: the table is made anew
INSERT INTO {{ aside }} (drop_no, line_number, record, reasons, line)
SELECT drop_no, line_number, 0, ['ignored'], {reason:String} FROM {{ erased }}
