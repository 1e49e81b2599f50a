-- grain: one drop and event day that it has valid records of: how many identities it brought first, which may be none
-- source: the batch's accepted records; what the ledger had before is recounted from raw (drop_days_from_raw), and gets here only the days
--   that it was not counted on
-- run again: a higher revision replaces the drop's rows
INSERT INTO drop_days (drop, event_date, accepted, revision)
SELECT b.drop AS drop, s.event_date AS event_date, if(b.known, 0, s.brought) AS accepted, {revision:UInt64} AS revision
FROM
(
    SELECT drop, event_date, sum(rows) AS brought
    FROM
    (
        SELECT toString(drop) AS drop, event_date, count() AS rows
        FROM {{ valid }}
        {% if repeated %}
        WHERE (drop, line_number, record) NOT IN (SELECT drop_name, line_number, record FROM {{ outcomes }} WHERE outcome != 'accepted')
        {% endif %}
        GROUP BY drop, event_date
        UNION ALL
        SELECT toString(drop) AS drop, event_date, 0 AS rows FROM {{ valid }} GROUP BY drop, event_date
    )
    GROUP BY drop, event_date
) AS s
INNER JOIN {{ batch }} AS b ON s.drop = b.drop
WHERE NOT b.known OR (b.drop, s.event_date) NOT IN (SELECT drop, event_date FROM drop_days WHERE drop IN (SELECT drop FROM {{ batch }}))
