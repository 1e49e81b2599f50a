{# The records that repeated an event of a day, each with the content that it repeats, as a row of `events`. #}
SELECT c.*, d.drop AS why_drop, d.line_number AS why_line, d.record AS why_number
FROM
(
    SELECT * FROM
    (
        SELECT {{ event_columns }}, ids, event_date, sipHash64({{ identity }}) AS why_key, sipHash64({{ content_columns }}) AS why_content
        FROM {{ database }}.events FINAL
        WHERE event_date = {day:Date} AND why_key GLOBAL IN (SELECT key FROM duplicates WHERE event_date = {day:Date})
        UNION ALL
        SELECT {{ event_columns }}, ids, event_date, sipHash64({{ identity }}) AS why_key, sipHash64({{ content_columns }}) AS why_content
        FROM corrections FINAL
        WHERE event_date = {day:Date}
    )
    LIMIT 1 BY why_key, why_content
) AS c
INNER JOIN
(
    SELECT toString(drop) AS drop, line_number, record, key, content
    FROM duplicates FINAL
    WHERE event_date = {day:Date} AND NOT void AND toString(drop) NOT IN (SELECT drop FROM drops FINAL WHERE status = 'forgotten')
) AS d ON c.why_key = d.key AND c.why_content = d.content
