-- grain: one row: the drops that have part in a cell and are not named
-- source: the cell's records (part `records`)
SELECT uniqExact(why_record.1) AS why_drops, uniqExact(why_record) AS why_records, {{ merged }}
FROM ({{ records }})
WHERE NOT has({named:Array(String)}, why_record.1)
