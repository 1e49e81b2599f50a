-- No drop failed to load.
-- severity: error
-- source: the ledger; a sample names drops with their errors
SELECT count() AS observed, groupArray(5)(concat(drop, ': ', error)) AS sample FROM drops FINAL WHERE status = 'failed'
