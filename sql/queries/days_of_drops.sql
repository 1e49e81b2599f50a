-- grain: one kept event day that drops have had lines of, or that their last batch noted
SELECT DISTINCT event_date
FROM
(
    SELECT event_date FROM drop_days FINAL WHERE drop IN ({{ of }})
    UNION ALL
    SELECT event_date FROM batch_days WHERE batch IN (SELECT batch FROM drops FINAL WHERE batch != '' AND drop IN ({{ of }}))
)
WHERE event_date >= {first_day:Date}
ORDER BY event_date
