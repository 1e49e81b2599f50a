-- grain: one line of the batch's drops of which quarantine holds a record, or the whole
SELECT b.drop_no AS drop_no, q.line_number AS line_number, if(q.line = '', t.text, q.line) AS line
FROM
(
    SELECT drop, line_number, source, line
    FROM quarantine FINAL
    {% include "queries/quarantine_where.sql" %}

    ORDER BY drop, line_number, line = '', record
    LIMIT 1 BY drop, line_number
) AS q
LEFT JOIN ({% include "queries/quarantine_texts.sql" %}) AS t ON q.drop = t.drop AND q.line_number = t.line_number
INNER JOIN {{ batch }} AS b ON q.drop = b.drop
WHERE q.source = {held_of:String}
