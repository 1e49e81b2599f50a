-- grain: one line that an insert put aside (see stage_plain)
SELECT b.drop_no AS drop_no, line_number, event_id AS line
FROM {{ valid }} AS v
INNER JOIN {{ batch }} AS b ON v.drop = b.drop
WHERE event_date = toDate(0) AND confirmed_line = {waiting:UInt64} AND confirmed_record = 0 AND record < 2
