-- grain: one drop that the ledger has and the landing store has no more: of those that a run has not finished with, or (with {again})
--   of all that landed on these days
-- source: the ledger beside the listing
SELECT drop, toString(status) AS status
FROM drops FINAL
WHERE drop NOT IN (SELECT name FROM {{ listing }})
    AND ({source:String} = '' OR source = {source:String})
    AND (status = 'loading' OR (landed_day BETWEEN {first:Date} AND {last:Date}
        AND (status = 'pending' OR ({again:Bool} AND status IN ('loaded', 'failed')))))
ORDER BY landed_day, landed_at, drop
