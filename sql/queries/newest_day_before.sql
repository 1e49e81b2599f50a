-- grain: one row: the newest event day from {reached} to before {before} that ever had an event; 1970-01-01 when there is none
SELECT max(day) AS newest
FROM
(
    SELECT max(event_date) AS day FROM drop_days FINAL WHERE accepted > 0 AND event_date >= {reached:Date} AND event_date < {before:Date}
    UNION ALL
    SELECT max(event_date) AS day FROM events WHERE event_date >= {reached:Date} AND event_date < {before:Date}
)
