-- grain: one row: whether a view other than these gets the rows that are inserted into `events`
SELECT arrayExists(view -> NOT has({views:Array(String)}, view), dependencies_table) AS found
FROM system.tables
WHERE database = currentDatabase() AND name = 'events'
