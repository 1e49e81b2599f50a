-- No raw row is past retention, and the table's TTL is the configured one.
-- severity: error
-- runs: by shard
-- source: parts of `events`, and its definition; a sample names days that are overdue
WITH
    (
        SELECT extract(create_table_query, 'TTL toDateTime\\(event_date, \'[^\']+\'\\) \\+ toIntervalDay\\((\\d+)\\)')
        FROM system.tables
        WHERE database = currentDatabase() AND name = 'events'
    ) AS ttl
SELECT
    countIf(rows > 0) + (ttl != if({retention_days:UInt32} = 0, '', toString({retention_days:UInt32}))) AS observed,
    arrayMap(d -> toString(d), groupArrayIf(5)(day, rows > 0)) AS sample
FROM
(
    SELECT toDate(partition) AS day, sum(rows) AS rows
    FROM system.parts
    WHERE database = currentDatabase() AND table = 'events' AND active AND toDate(partition) < {kept_from:Date}
    GROUP BY day
)
