-- grain: one event day before {kept_from} that still has raw rows
SELECT toDate(partition) AS event_date, sum(rows) AS rows
FROM system.parts
WHERE database = currentDatabase() AND table = 'events' AND active AND toDate(partition) < {kept_from:Date}
GROUP BY event_date
ORDER BY event_date
