-- grain: one drop of a replay: how many identities raw holds on these days that it brought first and is not counted for yet, and how many of its
--   lines quarantine will hold once those replayed have left
SELECT b.drop_no AS drop_no, d.brought AS brought, q.held - s.valid AS quarantined
FROM {{ batch }} AS b
LEFT JOIN
(
    SELECT drop, sum(more) AS brought
    FROM
    (
        SELECT drop, event_date, toUInt64(greatest(sum(balance), 0)) AS more
        FROM
        (
            SELECT toString(origin) AS drop, event_date, toInt64(count()) AS balance FROM events FINAL
            WHERE event_date IN {days:Array(Date)} GROUP BY drop, event_date
            UNION ALL
            SELECT drop, event_date, -toInt64(a.accepted) AS balance FROM drop_days AS a FINAL WHERE event_date IN {days:Array(Date)}
        )
        GROUP BY drop, event_date
    )
    GROUP BY drop
) AS d ON b.drop = d.drop
LEFT JOIN (SELECT drop, toInt64(count()) AS held FROM quarantine FINAL WHERE state != 'released' GROUP BY drop) AS q ON b.drop = q.drop
LEFT JOIN (SELECT drop_no, toInt64(countIf(empty(reasons))) AS valid FROM {{ staging }} GROUP BY drop_no) AS s ON b.drop_no = s.drop_no
