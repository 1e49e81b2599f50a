-- grain: one event day that the table holds
SELECT DISTINCT event_date FROM {{ table }} WHERE event_date BETWEEN {first:Date} AND {last:Date} ORDER BY event_date
