-- grain: one line that the source ignores
-- source: what an insert put aside (see stage_plain), of one shard
-- run again: never: what an insert left that failed is taken back with its drops (unstage_drops)
INSERT INTO {{ aside }} (drop_no, line_number, record, reasons, line)
SELECT b.drop_no, line_number, record, ['ignored'], event_id
FROM {{ valid }} AS v
INNER JOIN {{ batch }} AS b ON v.drop = b.drop
WHERE event_date = toDate(0) AND confirmed_line = {rest:UInt64} AND confirmed_record = 1
