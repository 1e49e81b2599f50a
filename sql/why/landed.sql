-- grain: one landed day: the events of a cell that a drop of this day brought first
-- source: the cell's records (part `records`), the ledger
SELECT d.landed_day AS why_landed_day, uniqExact(why_record.2) AS why_drops, uniqExact(why_record) AS why_records, {{ merged }}
FROM ({{ records }}) AS r
LEFT JOIN (SELECT drop, landed_day FROM drops FINAL) AS d ON r.why_record.2 = d.drop
GROUP BY why_landed_day
ORDER BY why_landed_day
