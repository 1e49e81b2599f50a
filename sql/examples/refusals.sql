-- grain: one refused line, with its reasons
-- source: quarantine of an example's database
SELECT drop, line_number, reasons FROM quarantine FINAL WHERE state = 'held'
