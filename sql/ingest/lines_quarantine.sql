-- grain: one line held in quarantine, of the batch's drops
SELECT b.drop_no AS drop_no, q.line_number AS line_number, q.line AS line
FROM
(
    SELECT drop, line_number, source, line
    FROM quarantine FINAL
    {% include "queries/quarantine_where.sql" %}

) AS q
INNER JOIN {{ batch }} AS b ON q.drop = b.drop
WHERE q.source = {held_of:String}
