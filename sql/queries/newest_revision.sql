-- grain: one row: the highest revision that any bookkeeping row has, if it is {least} or more; else 0
SELECT max(revision) FROM merge(currentDatabase(), '^(drops|drop_days|quarantine|state|day_parts)$') WHERE revision >= {least:UInt64}
