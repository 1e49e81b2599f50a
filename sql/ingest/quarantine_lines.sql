-- grain: one refused record; one that people discarded stays discarded, and one that was good and has expired since is none
-- source: the records staged that are refused, beside what quarantine holds; of a line whose text stands with none of them (`bare_lines`), the
--   first gets the text, a slice of lines at a time
-- run again: the record replaces itself
INSERT INTO quarantine
WITH known AS
(
    SELECT drop, line_number, record, state FROM quarantine FINAL WHERE drop IN (SELECT drop FROM {{ batch }}) AND state != 'released'
)
{%- if shared %},
bare AS ({% include "ingest/bare_lines.sql" %}),
texts AS
(
    SELECT drop_no, line_number, line FROM {{ aside }} WHERE record = 1 AND line != '' AND line_number % {slices:UInt64} = {slice:UInt64}
)
{%- endif %}

SELECT b.drop AS drop, s.line_number AS line_number, s.record AS record, b.source, b.landed_day, s.reasons,
    {% if shared %}if(s.line = '', t.line, s.line){% else %}s.line{% endif %}, 'held', now64(3), {revision:UInt64}
FROM
(
    SELECT drop_no, line_number, record, reasons, line
    FROM {{ aside }}
    WHERE notEmpty(reasons) AND reasons != ['ignored']{% if shared %} AND line_number % {slices:UInt64} = {slice:UInt64}{% endif %}

) AS s
INNER JOIN {{ batch }} AS b ON s.drop_no = b.drop_no
{% if shared %}
LEFT JOIN
(
    SELECT drop_no, line_number, bare.first AS record, texts.line AS line FROM bare INNER JOIN texts USING (drop_no, line_number)
) AS t ON s.drop_no = t.drop_no AND s.line_number = t.line_number AND s.record = t.record
{% endif %}
WHERE (drop, line_number, record) NOT IN (SELECT drop, line_number, record FROM known WHERE state = 'discarded')
    AND NOT (b.counted AND s.reasons = ['expired'] AND (drop, line_number, record) NOT IN (SELECT drop, line_number, record FROM known))
