-- grain: one setting of the server for its tables
SELECT name, value FROM system.merge_tree_settings WHERE has({names:Array(String)}, name) ORDER BY name
