-- grain: one table that promises rest on and that is not synced to disk: one that an earlier release made
-- What a batch stages it can stage again.
SELECT name
FROM system.tables
WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND NOT startsWith(name, 'scratch_')
    AND NOT arrayAll(setting -> position(create_table_query, setting) > 0, splitByString(', ', {synced:String}))
ORDER BY name
