-- grain: one setting that the user's profile changes, but for those that bound, schedule, connect or log statements, and those pinned
-- source: the settings of this connection
SELECT name, default
FROM system.settings
WHERE changed AND name NOT IN {pinned:Array(String)}
    AND (name LIKE '%overflow_mode%' OR NOT match(name, '^(max|min|log|memory|cloud|database|insert_keeper|query_profiler|trace)_|timeout|_ms$'))
    AND name NOT IN ('allow_ddl', 'allow_introspection_functions', 'default_table_engine', 'load_balancing', 'priority', 'readonly', 'workload')
