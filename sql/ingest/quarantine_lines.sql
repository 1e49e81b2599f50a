-- grain: one refused line; one that people discarded stays discarded, and one that was good and has expired since is none
-- source: the lines staged that have reasons, beside what quarantine holds
-- run again: the line replaces itself
INSERT INTO quarantine
WITH known AS
(
    SELECT drop, line_number, state FROM quarantine FINAL WHERE drop IN (SELECT drop FROM {{ batch }}) AND state != 'released'
)
SELECT b.drop AS drop, s.line_number AS line_number, b.source, b.landed_day, s.reasons, s.line, 'held', now64(3), {revision:UInt64}
FROM (SELECT drop_no, line_number, reasons, line FROM {{ staging }} WHERE notEmpty(reasons)) AS s
INNER JOIN {{ batch }} AS b ON s.drop_no = b.drop_no
WHERE (drop, line_number) NOT IN (SELECT drop, line_number FROM known WHERE state = 'discarded')
    AND NOT (b.counted AND s.reasons = ['expired'] AND (drop, line_number) NOT IN (SELECT drop, line_number FROM known))
