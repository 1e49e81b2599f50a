-- grain: one drop that the ledger has, of those between two names (both included), page by page
SELECT drop, etag, toString(status) AS status
FROM drops FINAL
WHERE drop BETWEEN {first:String} AND {last:String} AND drop > {after:String}
ORDER BY drop
LIMIT {limit:UInt64}
