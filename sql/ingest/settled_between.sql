-- grain: one drop between two names that a run has nothing to do with, unless it is asked to or the drop's content has changed
SELECT drop, etag
FROM drops FINAL
WHERE drop BETWEEN {first:String} AND {last:String} AND status NOT IN ('loading', 'pending', 'vanished')
LIMIT {limit:UInt64}
