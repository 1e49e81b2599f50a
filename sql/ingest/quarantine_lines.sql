-- grain: one refused record; one that people discarded stays discarded, and one that was good and has expired since is none
-- source: the records staged that are refused, beside what quarantine holds
-- run again: the record replaces itself
INSERT INTO quarantine
WITH known AS
(
    SELECT drop, line_number, record, state FROM quarantine FINAL WHERE drop IN (SELECT drop FROM {{ batch }}) AND state != 'released'
)
SELECT b.drop AS drop, s.line_number AS line_number, s.record AS record, b.source, b.landed_day, s.reasons, s.line, 'held', now64(3), {revision:UInt64}
FROM (SELECT drop_no, line_number, record, reasons, line FROM {{ staging }} WHERE notEmpty(reasons) AND reasons != ['ignored']) AS s
INNER JOIN {{ batch }} AS b ON s.drop_no = b.drop_no
WHERE (drop, line_number, record) NOT IN (SELECT drop, line_number, record FROM known WHERE state = 'discarded')
    AND NOT (b.counted AND s.reasons = ['expired'] AND (drop, line_number, record) NOT IN (SELECT drop, line_number, record FROM known))
