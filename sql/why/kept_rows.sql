{# The contents that a day's corrected events have had. Of a forgotten drop, and of a batch that was never published, none. #}
SELECT c.*
FROM (SELECT * FROM corrections FINAL WHERE event_date = {day:Date}) AS c
INNER JOIN
(
    SELECT {{ identity }}, version FROM {{ database }}.events FINAL
    WHERE event_date = {day:Date} AND ({{ identity }}) GLOBAL IN (SELECT {{ identity }} FROM corrections WHERE event_date = {day:Date})
) AS e USING ({{ identity }})
WHERE c.position <= e.version AND toString(c.drop) NOT IN (SELECT drop FROM drops FINAL WHERE status = 'forgotten')
