-- grain: one record in quarantine of a drop that is taken back: it is held no more
-- source: quarantine
-- run again: no change
INSERT INTO quarantine
SELECT drop, line_number, record, source, landed_day, reasons, line, 'released', quarantined_at, {revision:UInt64}
FROM quarantine FINAL
WHERE drop IN {drops:Array(String)} AND state != 'released'
