-- grain: the rollup's dimensions, for some event days
-- source: `events`, each identity once: the CTE takes the table's place in the rollup's SELECT
-- run again: fills the scratch table anew after a truncate
INSERT INTO {{ scratch }}
WITH events AS (SELECT * FROM {{ database }}.events FINAL WHERE event_date IN {days:Array(Date)} AND {{ fence }})
SELECT * FROM ({{ select }}
) AS rollup
WHERE NOT throwIf(NOT has({days:Array(Date)}, event_date), 'its event_date is not that of the events: a rollup is by event day')
