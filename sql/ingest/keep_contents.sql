-- grain: one content of an event that this batch corrects: each record of the batch that changed it or brought it first, and the row held
-- source: the lines staged, beside `events` as they are before the corrections are attached
-- run again: a record of an event replaces itself; a row that has taken its place in `events` meanwhile was kept before it did
INSERT INTO {{ books }}.corrections ({{ event_columns }}, ids, event_date, drop, line_number, record, position, batch, revision)
WITH corrected AS
(
    SELECT DISTINCT {{ identity }}
    FROM {{ repeating }} AS s
    INNER JOIN (SELECT * FROM {{ outcomes }} WHERE outcome = 'correction') AS o
        ON s.drop = o.drop_name AND s.line_number = o.line_number AND s.record = o.record
)
SELECT {{ event_columns }}, ids, event_date, drop, line_number, record, position, {id:String}, {revision:UInt64}
FROM
(
    SELECT {{ event_columns }}, ids, event_date, b.drop AS drop, s.line_number AS line_number, s.record AS record, b.position AS position
    FROM {{ repeating }} AS s
    INNER JOIN (SELECT * FROM {{ outcomes }} WHERE outcome != 'duplicate') AS o
        ON s.drop = o.drop_name AND s.line_number = o.line_number AND s.record = o.record
    INNER JOIN {{ batch }} AS b ON s.drop = b.drop
    WHERE ({{ identity }}) IN (SELECT {{ identity }} FROM corrected)
    UNION ALL
    SELECT
        {{ event_columns }}, ids, event_date, toString(drop) AS drop, line_number, record,
        bitShiftLeft(bitShiftRight(version, 32), 32) AS position
    FROM events FINAL
    WHERE event_date IN {days:Array(Date)} AND ({{ identity }}) IN (SELECT {{ identity }} FROM corrected)
)
