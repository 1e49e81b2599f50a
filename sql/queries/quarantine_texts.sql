{# Of lines of chosen records that do not carry its text: the text, as it stands with another record of the line. #}
SELECT drop, line_number, argMax(line, revision) AS text
FROM quarantine
WHERE line != '' AND (drop, line_number) IN
(
    SELECT drop, line_number
    FROM quarantine FINAL
    {% include "queries/quarantine_where.sql" %}

        AND line = ''
)
GROUP BY drop, line_number
