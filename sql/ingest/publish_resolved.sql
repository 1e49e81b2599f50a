-- grain: one event; into `events` the rollups' views fire, into a table to be attached none does
-- source: of a slice of lines, the records that classifying chose for an action, one for each identity: new ones go into `events`; those that replace
--   a row, and all those of days that lack rows ({lacking}), into the table to be attached ({attached})
-- run again: never: a run that died here leaves its days noted, and they are rebuilt from raw
INSERT INTO {{ target }}
    ({{ event_columns }}, event_date, ids, drop, line_number, record, origin, version, confirmed_by, confirmed_line, confirmed_record, batch)
SELECT
    {{ event_columns }}, event_date, ids,
    o.drop AS drop, o.source_line AS line_number, o.source_record AS record, o.origin AS origin, o.version AS version,
    o.confirmed_by AS confirmed_by, o.confirmed_line AS confirmed_line, o.confirmed_record AS confirmed_record, {id:String} AS batch
FROM {{ repeating }} AS s
INNER JOIN (SELECT * FROM {{ outcomes }} WHERE action != 'none' AND line_number % {slices:UInt64} = {slice:UInt64}) AS o
    ON s.drop = o.drop_name AND s.line_number = o.line_number AND s.record = o.record
WHERE s.line_number % {slices:UInt64} = {slice:UInt64} AND {{ fence }}
    AND (o.action != 'insert' OR event_date IN {lacking:Array(Date)}) = {attached:Bool}
SETTINGS parallel_view_processing = 1, optimize_on_insert = 0
