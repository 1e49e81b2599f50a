-- grain: one event day before {kept_from} that drops are counted on, or gave events of their content to
-- Of days counted by an earlier release, corrections are not known: a drop that the ledger has some of may have given some to any day.
SELECT DISTINCT event_date
FROM drop_days FINAL
WHERE drop IN {drops:Array(String)}
    AND event_date < {kept_from:Date}
    AND
    (
        accepted > 0 OR corrected > 0
        OR corrected IS NULL AND drop IN (SELECT drop FROM drops FINAL WHERE corrections > 0 AND drop IN {drops:Array(String)})
    )
ORDER BY event_date
