-- grain: one record of quarantine that was replayed: one that is refused no more is released; of a line that was refused as a whole and is now
--   several records, those that are refused are held
-- source: quarantine, beside the records staged
-- run again: no change
INSERT INTO quarantine
WITH
    records AS ({% include "ingest/staged.sql" %}),
    staged AS
    (
        SELECT b.drop AS drop, s.line_number AS line_number, s.record AS record, b.source AS source, b.landed_day AS landed_day, reasons, line
        FROM records AS s
        INNER JOIN {{ batch }} AS b ON s.drop_no = b.drop_no
    ),
    refused AS (SELECT * FROM staged WHERE notEmpty(reasons) AND reasons != ['ignored']),
    held AS
    (
        SELECT * FROM quarantine FINAL
        {% include "queries/quarantine_where.sql" %}

            AND drop IN (SELECT drop FROM {{ batch }})
    )
SELECT drop, line_number, record, source, landed_day, reasons, line, 'released', quarantined_at, {revision:UInt64}
FROM held
WHERE (drop, line_number, record) NOT IN (SELECT drop, line_number, record FROM refused)
    AND (record = 0 OR (drop, line_number, record) IN (SELECT drop, line_number, record FROM staged))
UNION ALL
SELECT drop, line_number, record, source, landed_day, reasons, line, 'held', now64(3), {revision:UInt64}
FROM refused
WHERE (drop, line_number, record) NOT IN (SELECT drop, line_number, record FROM held)
