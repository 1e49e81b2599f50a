-- grain: one record held in quarantine that people give up; it stays accounted for
-- source: quarantine
-- run again: no change
INSERT INTO quarantine
SELECT drop, line_number, record, source, landed_day, reasons, line, 'discarded', quarantined_at, {revision:UInt64}
FROM quarantine FINAL
{% include "queries/quarantine_where.sql" %}
