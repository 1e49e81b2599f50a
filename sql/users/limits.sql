-- Readers change nothing but settings of their own queries, within limits.
-- run again: the limits are those that stand here
CREATE SETTINGS PROFILE OR REPLACE {{ role }} {{ on_cluster }}
SETTINGS
    readonly = 2 CONST,
    max_execution_time = 60 MAX 600,
    max_memory_usage = 4294967296 MAX 17179869184,
    max_threads = 4 MAX 16
TO {{ role }}
