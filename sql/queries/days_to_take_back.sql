-- grain: one event day from {kept_from} on that drops have brought, corrected or confirmed events of, or are counted on
SELECT DISTINCT event_date
FROM
(
    SELECT event_date FROM events
    WHERE drop IN {drops:Array(String)} OR origin IN {drops:Array(String)} OR confirmed_by IN {drops:Array(String)}
    UNION ALL
    SELECT event_date FROM drop_days FINAL WHERE accepted > 0 AND drop IN {drops:Array(String)}
)
WHERE event_date >= {kept_from:Date}
ORDER BY event_date
