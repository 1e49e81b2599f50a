-- grain: one drop and event day: how many identities it brought first
-- source: the batch's accepted lines; days that the drop had before and has no more become 0
-- run again: a higher revision replaces the drop's rows
INSERT INTO drop_days (drop, event_date, accepted, revision)
SELECT drop, event_date, sum(rows), {revision:UInt64}
FROM
(
    SELECT b.drop AS drop, s.event_date AS event_date, s.rows AS rows
    FROM
    (
        SELECT drop_no, event_date, count() AS rows
        FROM {{ staging }}
        WHERE empty(reasons) AND (drop_no, line_number) NOT IN (SELECT drop_no, line_number FROM {{ outcomes }} WHERE outcome != 'accepted')
        GROUP BY drop_no, event_date
    ) AS s
    INNER JOIN {{ batch }} AS b ON s.drop_no = b.drop_no
    UNION ALL
    SELECT drop, event_date, 0 AS rows FROM drop_days FINAL WHERE drop IN (SELECT drop FROM {{ batch }}) AND event_date >= {first_day:Date}
)
GROUP BY drop, event_date
