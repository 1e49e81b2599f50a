-- grain: one event day before {kept_from} that drops are counted on, or on which they may have corrected events
SELECT DISTINCT event_date
FROM
(
    SELECT event_date FROM drop_days FINAL
    WHERE drop IN {drops:Array(String)}
        AND (accepted > 0 OR drop IN (SELECT drop FROM drops FINAL WHERE corrections > 0 AND drop IN {drops:Array(String)}))
    UNION ALL
    SELECT event_date FROM batch_days
    WHERE batch IN (SELECT batch FROM drops FINAL WHERE corrections > 0 AND batch != '' AND drop IN {drops:Array(String)})
)
WHERE event_date < {kept_from:Date}
ORDER BY event_date
