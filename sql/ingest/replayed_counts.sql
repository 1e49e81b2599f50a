-- grain: one drop of a replay: `brought`: how many identities raw holds on these days that it brought first and is not counted for yet;
--   `counted`: how many it is counted for, on all days; `matched`: how many records of quarantine the lines staged stand for; `held`: how
--   many quarantine holds in all; `mark` stands for what was staged
WITH staged AS ({% include "ingest/staged.sql" %})
SELECT
    b.drop_no AS drop_no, d.brought AS brought, c.counted AS counted, q.held AS held, q.matched AS matched,
    s.records AS records, s.ignored AS ignored, s.refused AS refused, s.mark AS mark
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
LEFT JOIN
(
    SELECT drop, sum(a.accepted) AS counted FROM drop_days AS a FINAL WHERE drop IN (SELECT drop FROM {{ batch }}) GROUP BY drop
) AS c ON b.drop = c.drop
LEFT JOIN
(
    SELECT drop, toInt64(count()) AS held, toInt64(countIf(is_chosen)) AS matched
    FROM
    (
        SELECT
            drop,
            (drop, line_number, record) IN
            (
                SELECT drop, line_number, record
                FROM quarantine FINAL
                {% include "queries/quarantine_where.sql" %}

            ) AND (record = 0 OR (drop, line_number, record) IN
            (
                SELECT c.drop, t.line_number, t.record FROM staged AS t INNER JOIN {{ batch }} AS c ON t.drop_no = c.drop_no
            )) AS is_chosen
        FROM quarantine FINAL
        WHERE state != 'released'
    )
    GROUP BY drop
) AS q ON b.drop = q.drop
LEFT JOIN
(
    SELECT
        drop_no,
        toInt64(countIf(reasons != ['ignored'])) AS records,
        toInt64(countIf(reasons = ['ignored'])) AS ignored,
        toInt64(countIf(notEmpty(reasons))) - ignored AS refused,
        groupBitXor(sipHash64(line_number, record, reasons)) AS mark
    FROM staged
    GROUP BY drop_no
) AS s ON b.drop_no = s.drop_no
