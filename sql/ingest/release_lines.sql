-- grain: one line in quarantine whose drop is loaded again and which is no longer refused
-- source: quarantine, beside the lines staged
-- run again: the line replaces itself
INSERT INTO quarantine
SELECT drop, line_number, source, landed_day, reasons, line, 'released', quarantined_at, {revision:UInt64}
FROM quarantine FINAL
WHERE drop IN (SELECT drop FROM {{ batch }} WHERE drop_no NOT IN {failed:Array(UInt32)}) AND state != 'released'
    AND (drop, line_number) NOT IN
    (
        SELECT b.drop, s.line_number
        FROM (SELECT drop_no, line_number FROM {{ staging }} WHERE notEmpty(reasons)) AS s
        INNER JOIN {{ batch }} AS b ON s.drop_no = b.drop_no
    )
