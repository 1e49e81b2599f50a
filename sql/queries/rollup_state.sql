-- grain: one row a rollup table: its days and stored rows, when it last changed, and a number that changes with it
SELECT
    table,
    if(count() = 0, NULL, min(min_date)) AS first_day,
    if(count() = 0, NULL, max(max_date)) AS last_day,
    max(modification_time) AS changed_at,
    toString(groupBitXor(cityHash64(name, modification_time, rows, bytes_on_disk))) AS version
FROM system.parts
WHERE database = currentDatabase() AND active AND has({tables:Array(String)}, table)
GROUP BY table
