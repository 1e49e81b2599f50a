-- grain: one row a rollup table: its days, when it last changed, and a number that changes with it; parts that a dropped day leaves
-- behind for a while hold no row
SELECT
    table,
    minOrNullIf(min_date, rows > 0) AS first_day,
    maxOrNullIf(max_date, rows > 0) AS last_day,
    max(modification_time) AS changed_at,
    toString(groupBitXor(cityHash64(name, modification_time, rows, bytes_on_disk))) AS version
FROM system.parts
WHERE database = currentDatabase() AND active AND has({tables:Array(String)}, table)
GROUP BY table
