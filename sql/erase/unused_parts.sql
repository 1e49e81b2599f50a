-- grain: one table with parts that are not used any more and lie on disk still, and those that were detached
SELECT table, countIf(NOT is_detached) AS parts, countIf(is_detached) AS detached
FROM
(
    SELECT table, false AS is_detached FROM system.parts
    WHERE database = currentDatabase() AND NOT active AND table IN {tables:Array(String)}
    UNION ALL
    SELECT table, true FROM system.detached_parts WHERE database = currentDatabase() AND table IN {tables:Array(String)}
)
GROUP BY table
ORDER BY table
