-- grain: one event day with rows that replace published ones; `corrected`: how many contents change, which rollups follow
SELECT event_date, countIf(o.action = 'replace') AS corrected
FROM {{ repeating }} AS s
INNER JOIN (SELECT * FROM {{ outcomes }} WHERE action IN ('touch', 'replace')) AS o
    ON s.drop = o.drop_name AND s.line_number = o.line_number AND s.record = o.record
GROUP BY event_date
ORDER BY event_date
