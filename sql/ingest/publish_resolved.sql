-- grain: one event; into `events` the rollups' views fire, into a table to be attached none does
-- source: the lines that classifying chose for an action, one for each identity: new ones go into `events`; those that replace a row, and
--   all those of days that lack rows ({lacking}), into the table to be attached ({attached})
-- run again: never: a run that died here leaves its days noted, and they are rebuilt from raw
INSERT INTO {{ target }}
    ({{ event_columns }}, event_date, ids, drop, line_number, origin, version, confirmed_by, batch)
SELECT
    {{ event_columns }}, event_date, ids,
    o.drop AS drop, o.source_line AS line_number, o.origin AS origin, o.version AS version, o.confirmed_by AS confirmed_by,
    {id:String} AS batch
FROM {{ staging }} AS s
INNER JOIN (SELECT * FROM {{ outcomes }} WHERE action != 'none') AS o ON s.drop_no = o.drop_no AND s.line_number = o.line_number
WHERE key IN (SELECT key FROM {{ repeats }}) AND {{ fence }}
    AND (o.action != 'insert' OR event_date IN {lacking:Array(Date)}) = {attached:Bool}
SETTINGS parallel_view_processing = 1, optimize_on_insert = 0
