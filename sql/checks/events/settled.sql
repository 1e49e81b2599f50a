-- No event day waits to be settled after a run that died; the next ingest settles it unless its raw rows have expired.
-- severity: error
-- source: the days noted by batches; a sample names them
SELECT uniqExact(event_date) AS observed, arrayMap(d -> toString(d), arraySort(groupUniqArray(5)(event_date))) AS sample
FROM batch_days FINAL
WHERE settled = 0
