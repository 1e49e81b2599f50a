-- grain: one row: how many event days the table holds before a day
SELECT uniqExact(event_date) FROM {{ table }} WHERE event_date < {before:Date}
