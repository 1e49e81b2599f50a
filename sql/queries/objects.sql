-- grain: one table or view of the database, scratch tables of runs left out: its engine, comment, and columns with their types
SELECT t.name AS name, t.engine AS engine, t.comment AS comment, c.names AS names, c.types AS types
FROM (SELECT name, engine, comment FROM system.tables WHERE database = currentDatabase() AND NOT startsWith(name, 'scratch_')) AS t
LEFT JOIN
(
    SELECT table, arrayMap(x -> x.2, found) AS names, arrayMap(x -> x.3, found) AS types
    FROM (SELECT table, arraySort(groupArray((position, name, type))) AS found FROM system.columns WHERE database = currentDatabase() GROUP BY table)
) AS c ON c.table = t.name
ORDER BY name
