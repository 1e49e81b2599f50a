-- grain: one drop that the ledger did not have, and event day: how many identities it brought first
-- source: the batch's accepted lines; what the ledger had before is recounted from raw (drop_days_from_raw)
-- run again: a higher revision replaces the drop's rows
INSERT INTO drop_days (drop, event_date, accepted, revision)
SELECT b.drop AS drop, s.event_date AS event_date, s.rows AS accepted, {revision:UInt64} AS revision
FROM
(
    SELECT drop_no, event_date, count() AS rows
    FROM {{ staging }}
    WHERE empty(reasons) AND (drop_no, line_number) NOT IN (SELECT drop_no, line_number FROM {{ outcomes }} WHERE outcome != 'accepted')
    GROUP BY drop_no, event_date
) AS s
INNER JOIN {{ batch }} AS b ON s.drop_no = b.drop_no
WHERE NOT b.known
