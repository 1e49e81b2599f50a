-- grain: one event day
-- source: rows of `events`, each identity once, beside what the ledger says was accepted
SELECT event_date, sum(rows) AS held, sum(expected) AS accepted
FROM
(
    SELECT event_date, count() AS rows, 0 AS expected FROM events FINAL
    WHERE event_date BETWEEN {first:Date} AND {last:Date} GROUP BY event_date
    UNION ALL
    SELECT event_date, 0 AS rows, sum(d.accepted) AS expected FROM drop_days AS d FINAL
    WHERE event_date BETWEEN {first:Date} AND {last:Date} GROUP BY event_date
)
GROUP BY event_date
ORDER BY event_date
