-- grain: one drop, its present state, in the order of receipt
SELECT
    drop, source, landed_day, landed_at, etag, size, toString(status) AS status, batch,
    lines, records, ignored, ignored_reasons, accepted, duplicates, corrections, quarantined, error, hint, updated_at, replayed
FROM drops FINAL
WHERE (empty({drops:Array(String)}) OR has({drops:Array(String)}, drop))
    AND ({status:String} = '' OR toString(status) = {status:String})
    AND ({source:String} = '' OR source = {source:String})
ORDER BY landed_day, landed_at, drop
LIMIT if({limit:UInt64} = 0, 1000000000, {limit:UInt64})
