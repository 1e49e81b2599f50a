-- grain: one event day before {kept_from} that drops are counted on, or that a batch in which they corrected events touched
SELECT DISTINCT event_date
FROM
(
    SELECT event_date FROM drop_days FINAL WHERE accepted > 0 AND drop IN {drops:Array(String)}
    UNION ALL
    SELECT event_date FROM batch_days
    WHERE batch IN (SELECT batch FROM drops FINAL WHERE corrections > 0 AND batch != '' AND drop IN {drops:Array(String)})
)
WHERE event_date < {kept_from:Date}
ORDER BY event_date
