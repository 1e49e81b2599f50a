-- grain: one of these event days that has raw rows: how many, by the parts
SELECT toDate(partition) AS event_date, sum(rows) AS raw_rows
FROM system.parts
WHERE database = currentDatabase() AND table = 'events' AND active AND rows > 0 AND has({days:Array(Date)}, toDate(partition))
GROUP BY event_date
