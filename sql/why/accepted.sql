-- grain: one drop that brought events of a day first, those with most first; all of them in `drops` and `total`
-- source: the ledger, which is kept longer than raw rows
SELECT drop, accepted, count() OVER () AS drops, sum(accepted) OVER () AS total
FROM drop_days FINAL
WHERE event_date = {day:Date} AND accepted > 0
ORDER BY accepted DESC, drop
LIMIT {limit:UInt64}
