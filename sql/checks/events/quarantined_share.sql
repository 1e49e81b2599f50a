-- At most 5 % of the records that landed in the last seven days are in quarantine.
-- reads: the ledger
-- severity: warning
-- remedy: `ads quarantine list` says why; fix the source or the producer, then `ads quarantine replay --all`
-- passes: 0.05
-- source: the ledger; a sample names the drops with most of them
SELECT
    if(sum(records) = 0, 0, sum(quarantined) / sum(records)) AS observed,
    arrayMap(x -> concat(x.2, ': ', toString(x.1)), arraySlice(arrayReverseSort(groupArrayIf((quarantined, drop), quarantined > 0)), 1, 5)) AS sample
FROM drops FINAL
WHERE status = 'loaded' AND landed_day > (SELECT max(landed_day) FROM drops FINAL) - 7
