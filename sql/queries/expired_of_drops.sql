-- grain: one event day before {kept_from} that drops are counted on, or have valid records of while they have corrected events: the ledger
--   does not say of which day these were
SELECT DISTINCT event_date
FROM drop_days FINAL
WHERE drop IN {drops:Array(String)}
    AND event_date < {kept_from:Date}
    AND (accepted > 0 OR drop IN (SELECT drop FROM drops FINAL WHERE corrections > 0 AND drop IN {drops:Array(String)}))
ORDER BY event_date
