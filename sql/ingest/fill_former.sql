-- grain: one event whose content changes, as it is
-- source: `events` before the rows of the batch that replace others are attached, by the primary key
-- run again: never: a run that died here leaves its days noted, and they are rebuilt from raw
INSERT INTO {{ former }}
SELECT *
FROM events FINAL
WHERE event_date IN {days:Array(Date)}
    AND event_id IN (SELECT event_id FROM {{ latter }})
    AND ({{ identity }}) IN (SELECT {{ identity }} FROM {{ latter }})
