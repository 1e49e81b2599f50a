-- grain: one drop that landed and is not loaded, of a landed day on which events of a compared day may come: that day and the next
SELECT landed_day, drop, toString(status) AS status, error
FROM drops FINAL
WHERE status IN ('pending', 'loading', 'failed', 'vanished', 'dismissed', 'forgotten')
    AND (landed_day IN {days:Array(Date)} OR landed_day - 1 IN {days:Array(Date)})
ORDER BY landed_day, drop
LIMIT 1000
