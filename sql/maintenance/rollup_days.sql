-- grain: the rollup's dimensions, for some event days
-- source: events of these days, each identity once (part `events`): the CTE takes the table's place in the rollup's SELECT
-- run again: adds the same once more; the caller has emptied the scratch table, or made a new one
INSERT INTO {{ scratch }}
WITH events AS ({{ events }})
SELECT * FROM ({{ select }}
) AS rollup
WHERE NOT throwIf(NOT has({days:Array(Date)}, event_date), 'its event_date is not that of the events: a rollup is by event day')
SETTINGS optimize_on_insert = 0
