-- grain: one event day of the batch's valid records
SELECT DISTINCT event_date FROM {{ staging }} WHERE empty(reasons) ORDER BY event_date
