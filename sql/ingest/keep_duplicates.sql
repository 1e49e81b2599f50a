-- grain: one record of the batch that repeats an event
-- source: the lines staged and their outcomes
-- run again: the record replaces itself
INSERT INTO {{ books }}.duplicates (event_date, drop, line_number, record, key, content, void, revision)
SELECT s.event_date, s.drop, s.line_number, s.record, sipHash64({{ identity }}), sipHash64({{ content_columns }}), false, {revision:UInt64}
FROM {{ repeating }} AS s
INNER JOIN (SELECT * FROM {{ outcomes }} WHERE outcome = 'duplicate') AS o
    ON s.drop = o.drop_name AND s.line_number = o.line_number AND s.record = o.record
