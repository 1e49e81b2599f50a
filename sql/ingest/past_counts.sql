-- grain: one drop that was counted before: how many of its records were good then and have expired since, and how many identities of expired
--   days it is counted for
-- source: records refused as expired alone, without those that quarantine has already; the ledger's counts a day
SELECT p.drop_no AS drop_no, p.past AS past, d.accepted AS accepted
FROM
(
    SELECT drop_no, any(b.drop) AS drop, count() AS past
    FROM {{ aside }} AS s
    INNER JOIN {{ batch }} AS b ON s.drop_no = b.drop_no
    WHERE reasons = ['expired'] AND b.counted
        AND (b.drop, line_number, record) NOT IN
        (
            SELECT drop, line_number, record FROM quarantine FINAL
            WHERE state != 'released' AND drop IN (SELECT drop FROM {{ batch }})
        )
    GROUP BY drop_no
) AS p
LEFT JOIN
(
    SELECT drop, sum(c.accepted) AS accepted FROM drop_days AS c FINAL
    WHERE event_date < {first_day:Date} AND drop IN (SELECT drop FROM {{ batch }}) GROUP BY drop
) AS d ON p.drop = d.drop
