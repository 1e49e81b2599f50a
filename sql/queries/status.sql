-- grain: one row: freshness of the whole
SELECT
    (SELECT max(updated_at) FROM drops FINAL WHERE status = 'loaded') AS last_loaded,
    (SELECT max(landed_at) FROM drops FINAL WHERE status = 'loaded') AS newest_drop,
    (SELECT min(event_date) FROM events) AS oldest_day,
    (SELECT max(event_date) FROM events) AS newest_day,
    (SELECT count() FROM quarantine FINAL WHERE state = 'held') AS quarantined,
    (SELECT uniqExact(event_date) FROM batch_days FINAL WHERE settled = 0) AS unsettled_days
