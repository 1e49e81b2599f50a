-- grain: one row: 1 when the database holds a table or view of this name
SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = {table:String}
