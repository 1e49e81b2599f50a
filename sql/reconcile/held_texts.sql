{# The records of a source that quarantine holds, each with its line, which may stand with another record of it. #}
SELECT q.drop AS drop, q.line_number AS line_number, q.record AS record, q.reasons AS reasons, if(q.line = '', t.text, q.line) AS line
FROM (SELECT drop, line_number, record, reasons, line FROM quarantine FINAL WHERE state = 'held' AND source = {source:String}) AS q
LEFT JOIN
(
    SELECT drop, line_number, argMax(line, revision) AS text
    FROM quarantine
    WHERE line != '' AND source = {source:String}
        AND (drop, line_number) IN (SELECT drop, line_number FROM quarantine FINAL WHERE state = 'held' AND source = {source:String} AND line = '')
    GROUP BY drop, line_number
) AS t ON q.drop = t.drop AND q.line_number = t.line_number
