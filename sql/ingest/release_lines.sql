-- grain: one record in quarantine whose drop is loaded again and which is no longer refused
-- source: quarantine, beside the records staged
-- run again: the record replaces itself
INSERT INTO quarantine
SELECT drop, line_number, record, source, landed_day, reasons, line, 'released', quarantined_at, {revision:UInt64}
FROM quarantine FINAL
WHERE drop IN (SELECT drop FROM {{ batch }} WHERE drop_no NOT IN {failed:Array(UInt32)}) AND state != 'released'
    AND (drop, line_number, record) NOT IN
    (
        SELECT b.drop, s.line_number, s.record
        FROM (SELECT drop_no, line_number, record FROM {{ aside }} WHERE notEmpty(reasons) AND reasons != ['ignored']) AS s
        INNER JOIN {{ batch }} AS b ON s.drop_no = b.drop_no
    )
