-- grain: one drop and event day that it has valid records of: how many identities it brought first, which may be none, and how many of its
--   records corrected others
-- source: the batch's valid records, less those classified as others than accepted; what the ledger had before is recounted from raw
--   (drop_days_from_raw), and gets here only the days that it was not counted on
-- run again: a higher revision replaces the drop's rows
INSERT INTO drop_days (drop, event_date, accepted, corrected, revision)
SELECT
    b.drop AS drop, s.event_date AS event_date, if(b.known, 0, s.brought) AS accepted, if(b.known, 0, s.changed) AS corrected,
    {revision:UInt64} AS revision
FROM
(
    SELECT name, event_date, sum(records) AS brought, sum(corrections) AS changed
    FROM
    (
        SELECT toString(drop) AS name, event_date, toInt64(count()) AS records, 0 AS corrections FROM {{ valid }} GROUP BY drop, event_date
        UNION ALL
        SELECT drop_name AS name, day AS event_date, -toInt64(count()) AS records, countIf(outcome = 'correction') AS corrections
        FROM {{ outcomes }}
        WHERE outcome != 'accepted'
        GROUP BY drop_name, day
    )
    GROUP BY name, event_date
) AS s
INNER JOIN {{ batch }} AS b ON s.name = b.drop
WHERE NOT b.known OR (b.drop, s.event_date) NOT IN (SELECT drop, event_date FROM drop_days WHERE drop IN (SELECT drop FROM {{ batch }}))
