-- grain: one table or view of the database: its engine, comment, definition, and columns with their types; `synced` unless it is a table of
--   which promises rest and which an earlier release made without syncing its parts to disk. What a batch stages it can stage again.
SELECT
    t.name AS name,
    t.engine AS engine,
    t.comment AS comment,
    t.create_table_query AS definition,
    startsWith(name, 'scratch_') OR engine NOT LIKE '%MergeTree'
        OR arrayAll(setting -> position(definition, setting) > 0, splitByString(', ', {synced:String})) AS synced,
    c.names AS names,
    c.types AS types
FROM (SELECT name, engine, comment, create_table_query FROM system.tables WHERE database = currentDatabase()) AS t
LEFT JOIN
(
    SELECT table, arrayMap(x -> x.2, found) AS names, arrayMap(x -> x.3, found) AS types
    FROM (SELECT table, arraySort(groupArray((position, name, type))) AS found FROM system.columns WHERE database = currentDatabase() GROUP BY table)
) AS c ON c.table = t.name
ORDER BY name
