{# All records of a batch, valid or not. #}
SELECT b.drop_no AS drop_no, line_number, record, {{ event_columns }}, event_date, ids, emptyArrayString() AS reasons, '' AS line
FROM {{ valid }} AS v
INNER JOIN {{ batch }} AS b ON v.drop = b.drop
UNION ALL
SELECT drop_no, line_number, record, {{ event_columns }}, event_date, ids, CAST(reasons, 'Array(String)') AS reasons, line
FROM {{ aside }}
WHERE notEmpty(reasons)
