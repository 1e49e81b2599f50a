-- No raw row is past retention by more than the day that the daily job may take, and the table's TTL is the configured one.
-- severity: error
-- remedy: `ads retention`, or `ads init` if the TTL differs; see why the schedule `retention_daily` did not run
-- runs: by shard
-- source: parts of `events`, and its definition; a sample names days that are overdue
WITH
    (
        SELECT extract(create_table_query, 'TTL toDate\\(least\\(toUInt32\\(event_date\\) \\+ (\\d+), 65535\\)\\)')
        FROM system.tables
        WHERE database = currentDatabase() AND name = 'events'
    ) AS ttl
SELECT
    countIf(rows > 0) + (ttl != if({retention_days:UInt32} = 0, '', toString({retention_days:UInt32} + 2))) AS observed,
    arrayMap(d -> toString(d), groupArrayIf(5)(day, rows > 0)) AS sample
FROM
(
    SELECT toDate(partition) AS day, sum(rows) AS rows
    FROM system.parts
    WHERE database = currentDatabase() AND table = 'events' AND active AND toUInt32(toDate(partition)) + 1 < toUInt32({kept_from:Date})
    GROUP BY day
)
