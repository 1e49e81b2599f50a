-- grain: one row: the highest revision that any bookkeeping row has; 0 when there is none
SELECT max(revision) FROM merge(currentDatabase(), '^(drops|drop_days|quarantine|state|day_parts)$')
