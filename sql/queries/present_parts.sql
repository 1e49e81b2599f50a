-- grain: one table and event day (1970-01-01 where a table has none) of this node: the parts that it is made of
SELECT
    table AS name,
    toDateOrZero(partition) AS event_date,
    arraySort(groupArray((min_block_number, max_block_number))) AS blocks,
    max(if(data_version > max_block_number, toInt64(data_version), 0)) AS mutation,
    sum(rows) AS physical_rows,
    max(has_lightweight_delete) AS masked
FROM system.parts
WHERE database = currentDatabase() AND active AND rows > 0 AND has({tables:Array(String)}, table)
GROUP BY table, partition
