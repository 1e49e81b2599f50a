-- grain: one table that holds rows; bytes on disk
SELECT table, sum(rows) AS rows, sum(bytes_on_disk) AS bytes, count() AS parts, uniqExact(partition) AS partitions
FROM system.parts
WHERE database = currentDatabase() AND active
GROUP BY table
ORDER BY bytes DESC
