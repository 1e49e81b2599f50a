-- grain: one table or view of these names that is there, and that this user may see
SELECT name FROM system.tables WHERE database = currentDatabase() AND name IN {names:Array(String)} ORDER BY name
