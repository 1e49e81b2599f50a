-- grain: one of the first lines of a drop that are not empty, judged
-- source: the lines staged, beside those whose identity stands more than once
SELECT
    s.line_number AS line_number,
    {{ columns }},
    reasons,
    multiIf(notEmpty(reasons), 'refused', o.outcome = '', 'accepted', toString(o.outcome)) AS outcome
FROM (SELECT * FROM {{ staging }} ORDER BY line_number LIMIT {limit:UInt64}) AS s
LEFT JOIN (SELECT line_number, toString(outcome) AS outcome FROM {{ outcomes }}) AS o ON s.line_number = o.line_number
ORDER BY line_number
