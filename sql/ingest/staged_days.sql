-- grain: one event day of the batch's valid records, with how many there are
SELECT event_date, count() AS records FROM {{ valid }} GROUP BY event_date ORDER BY event_date
