-- No event day waits to be settled: the next ingest settles what a run that died left, unless raw rows are lacking or have expired.
-- reads: the ledger
-- severity: error
-- remedy: `ads ingest` settles it; if a day stays, `ads status` and `ads check` say what it lacks
-- source: the days noted by batches; a sample names them
SELECT uniqExact(event_date) AS observed, arrayMap(d -> toString(d), arraySort(groupUniqArray(5)(event_date))) AS sample
FROM batch_days FINAL
WHERE settled = 0
