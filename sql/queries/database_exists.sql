-- grain: one row: 1 when there is a database of this name
SELECT count() FROM system.databases WHERE name = {database:String}
