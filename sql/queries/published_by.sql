-- grain: one loaded drop that batches brought events of these days from: where they died, as by a replay, no run loads the drop again
SELECT DISTINCT toString(origin) AS drop
FROM events
WHERE event_date IN {days:Array(Date)}
    AND batch IN {batches:Array(String)}
    AND origin GLOBAL IN (SELECT drop FROM drops FINAL WHERE status = 'loaded')
