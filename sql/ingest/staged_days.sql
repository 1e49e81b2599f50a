-- grain: one event day of the batch's valid lines
SELECT DISTINCT event_date FROM {{ staging }} WHERE empty(reasons) ORDER BY event_date
