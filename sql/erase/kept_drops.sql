-- grain: one drop, its present state, without older ones
-- source: `drops`; the result takes its place
-- run again: never: the table is made anew
INSERT INTO {{ target }} SELECT * FROM drops FINAL
