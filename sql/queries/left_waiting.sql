-- grain: one row: drops that landed before {late} and that the ledger has begun, or that could not be fetched; a sample names them
SELECT
    count() AS observed,
    arrayMap(x -> concat(x.1, ' (landed ', formatDateTime(x.2, '%F %R', 'UTC'), ' UTC)'), arraySort(groupArray(5)((drop, landed_at)))) AS sample
FROM drops FINAL
WHERE (status IN ('pending', 'loading') OR (status = 'failed' AND etag = '')) AND landed_at < {late:DateTime64(3, 'UTC')}
