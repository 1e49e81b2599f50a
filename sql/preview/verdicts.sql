-- grain: one record of the first lines of a drop that are not empty, judged; of a line that yields many, the first of them
-- source: the records staged, beside those whose identity stands more than once; `because`: why a line is ignored
SELECT
    s.line_number AS line_number,
    s.record AS record,
    {{ columns }},
    s.reasons = ['ignored'] AS is_ignored,
    if(is_ignored, [], s.reasons) AS reasons,
    if(is_ignored, s.line, '') AS because,
    multiIf(is_ignored, 'ignored', notEmpty(reasons), 'refused', o.outcome = '', 'accepted', toString(o.outcome)) AS outcome
FROM
(
    SELECT *
    FROM ({% include "ingest/staged.sql" %})
    WHERE line_number IN (SELECT line_number FROM ({% include "ingest/staged.sql" %}) GROUP BY line_number ORDER BY line_number LIMIT {limit:UInt64})
    ORDER BY line_number, record
    LIMIT {records:UInt64} BY line_number
) AS s
LEFT JOIN (SELECT line_number, record, toString(outcome) AS outcome FROM {{ outcomes }}) AS o
    ON s.line_number = o.line_number AND s.record = o.record
ORDER BY line_number, record
