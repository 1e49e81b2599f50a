-- grain: none: runs a rollup's SELECT over one event day, to see whether it throws; its rows are thrown away
WITH events AS (SELECT * FROM {{ database }}.events FINAL WHERE event_date = {day:Date})
SELECT * FROM ({{ select }}
) AS rollup
WHERE NOT throwIf(event_date != {day:Date}, 'its event_date is not that of the events: a rollup is by event day')
