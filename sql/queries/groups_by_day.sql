-- grain: one event day: how many rows the rollup has for it
SELECT event_date, count() AS rows FROM (SELECT DISTINCT {{ columns }} FROM {{ table }} WHERE event_date IN {days:Array(Date)}) GROUP BY event_date
