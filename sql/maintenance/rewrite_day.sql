-- grain: one event of an event day, its current row
-- source: `events`, as an earlier release made it: an id space was that of its source, which the path of the drop says
-- run again: never: the table is made anew
INSERT INTO {{ target }} ({{ columns }}, ids)
WITH
    splitByChar('/', toString(drop))[1] AS first,
    if(first = drop OR match(first, '^dt=[0-9]{4}-[0-9]{2}-[0-9]{2}$'), 'events', first) AS source
SELECT {{ columns }}, transform(source, {sources:Array(String)}, {spaces:Array(String)}, source) AS ids
FROM events FINAL
WHERE event_date = {day:Date} AND {{ fence }}
SETTINGS optimize_on_insert = 0
