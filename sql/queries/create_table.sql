-- grain: one row: the statement that makes the table
SELECT create_table_query FROM system.tables WHERE database = currentDatabase() AND name = {table:String}
