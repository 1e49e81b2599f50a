-- grain: one record that has been in quarantine for longer than it is kept: its line goes, its row stays, so that it stays accounted for
-- source: quarantine; what is held is discarded
-- run again: no change
INSERT INTO quarantine
SELECT
    drop, line_number, record, source, landed_day, reasons, '',
    if(state = 'held', 'discarded', toString(state)), quarantined_at, {revision:UInt64}
FROM quarantine FINAL
WHERE quarantined_at < now64(3) - toIntervalDay({days:UInt32}) AND (line != '' OR state = 'held')
