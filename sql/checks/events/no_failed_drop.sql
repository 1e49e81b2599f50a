-- No drop failed to load.
-- reads: the ledger
-- severity: error
-- remedy: fix the file and land it again, or `ads drops retry NAME`; if it is hopeless, `ads drops dismiss NAME`
-- source: the ledger; a sample names drops with their errors
SELECT count() AS observed, groupArray(5)(concat(drop, ': ', error)) AS sample FROM drops FINAL WHERE status = 'failed'
