-- grain: one event day that lacks rows: of a drop that brought identities first, raw holds fewer than the ledger accepted
-- source: `events`, each identity once, beside the ledger's counts a day; rows that an unfinished batch has added change nothing
SELECT event_date, sum(rows_held) AS held, sum(rows_accepted) AS accepted, groupArrayIf(drop, rows_held < rows_accepted) AS drops
FROM
(
    SELECT event_date, drop, sum(rows) AS rows_held, sum(expected) AS rows_accepted
    FROM
    (
        SELECT event_date, toString(origin) AS drop, count() AS rows, 0 AS expected FROM events FINAL
        WHERE event_date IN {days:Array(Date)} GROUP BY event_date, drop
        UNION ALL
        SELECT event_date, drop, 0 AS rows, d.accepted AS expected FROM drop_days AS d FINAL WHERE event_date IN {days:Array(Date)}
    )
    GROUP BY event_date, drop
)
GROUP BY event_date
HAVING notEmpty(drops)
ORDER BY event_date
