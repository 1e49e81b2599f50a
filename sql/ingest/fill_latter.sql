-- grain: one event whose content changes, on one of these days, as it will be
-- source: the rows to be attached; one that is only confirmed changes no content
-- run again: never: a run that died here leaves its days noted, and they are rebuilt from raw
INSERT INTO {{ latter }}
SELECT *
FROM {{ replaced }}
WHERE event_date IN {days:Array(Date)} AND ({{ identity }}) IN
(
    SELECT {{ identity }}
    FROM {{ repeating }} AS s
    INNER JOIN (SELECT * FROM {{ outcomes }} WHERE action = 'replace') AS o
        ON s.drop = o.drop_name AND s.line_number = o.line_number AND s.record = o.record
)
