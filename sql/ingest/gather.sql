-- grain: one line of a drop, as it was read
-- source: the drop's lines
-- run again: never: a run that failed here gathers into a new table
INSERT INTO {{ gathered }}
SELECT drop_no, line_number, line FROM ({{ lines }})
SETTINGS {{ reading }}
{{ body }}
