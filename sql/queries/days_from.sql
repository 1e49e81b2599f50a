-- grain: one event day that the table holds, from a day on
SELECT DISTINCT event_date FROM {{ table }} WHERE event_date >= {first:Date} ORDER BY event_date
