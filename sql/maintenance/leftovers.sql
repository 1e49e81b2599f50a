-- grain: one scratch table that a run left behind
SELECT name
FROM system.tables
WHERE database = currentDatabase() AND startsWith(name, 'scratch_')
ORDER BY name
