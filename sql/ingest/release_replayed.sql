-- grain: one line of quarantine that was replayed and is refused no more
-- source: quarantine, beside the lines staged
-- run again: no change
INSERT INTO quarantine
SELECT drop, line_number, source, landed_day, reasons, line, 'released', quarantined_at, {revision:UInt64}
FROM quarantine FINAL
WHERE (drop, line_number) IN
(
    SELECT b.drop, s.line_number
    FROM (SELECT drop_no, line_number FROM {{ staging }} WHERE empty(reasons)) AS s
    INNER JOIN {{ batch }} AS b ON s.drop_no = b.drop_no
)
