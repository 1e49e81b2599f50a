{# Whether a user's profile changes a setting, other than those that bound, schedule, connect or log statements. #}
changed AND (name LIKE '%overflow_mode%' OR NOT match(name, '^(max|min|log|memory|cloud|database|insert_keeper|query_profiler|trace)_|timeout|_ms$'))
    AND name NOT IN ('allow_ddl', 'allow_introspection_functions', 'default_table_engine', 'load_balancing', 'priority', 'readonly', 'workload')
