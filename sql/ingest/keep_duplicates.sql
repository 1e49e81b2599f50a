-- grain: one record of the batch that repeats an event
-- source: the lines staged and their outcomes
-- run again: the record replaces itself
INSERT INTO {{ books }}.duplicates (event_date, drop, line_number, record, key, content, void, revision)
SELECT s.event_date, b.drop, s.line_number, s.record, s.key, sipHash64({{ content_columns }}), false, {revision:UInt64}
FROM {{ staging }} AS s
INNER JOIN (SELECT * FROM {{ outcomes }} WHERE outcome = 'duplicate') AS o
    ON s.drop_no = o.drop_no AND s.line_number = o.line_number AND s.record = o.record
INNER JOIN {{ batch }} AS b ON s.drop_no = b.drop_no
