-- grain: one row: how many threads a statement of this connection runs on
-- source: the settings of this connection
SELECT getSetting('max_threads') AS threads
