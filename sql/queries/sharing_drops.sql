-- grain: one other drop that may share events with these: it stands in a row with one of them, or was loaded with repeated events and has
--   valid records of their days
SELECT DISTINCT drop
FROM
(
    SELECT arrayJoin([toString(drop), toString(origin), toString(confirmed_by)]) AS drop FROM events
    WHERE event_date IN {days:Array(Date)}
        AND (drop IN {drops:Array(String)} OR origin IN {drops:Array(String)} OR confirmed_by IN {drops:Array(String)})
    UNION ALL
    SELECT drop FROM drops FINAL
    WHERE status = 'loaded' AND duplicates + corrections > 0
        AND drop IN (SELECT drop FROM drop_days WHERE event_date IN {days:Array(Date)})
)
WHERE drop NOT IN {drops:Array(String)}
ORDER BY drop
