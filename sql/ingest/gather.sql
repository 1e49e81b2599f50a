-- grain: one line of a small drop
INSERT INTO {{ gathered }}
SELECT drop_no, line_number, line FROM ({{ lines }})
SETTINGS {{ reading }}
{{ body }}
