-- grain: one refused record, with its reasons
-- source: quarantine of an example's database
SELECT drop, line_number, record, reasons FROM quarantine FINAL WHERE state = 'held'
