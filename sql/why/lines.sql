-- grain: one record of a drop that is named, a few of each, those with most first
-- source: the cell's records (part `records`)
SELECT why_record.1 AS why_drop, why_record.4 AS why_line, why_record.5 AS why_number, {{ merged }}
FROM ({{ records }})
WHERE has({named:Array(String)}, why_record.1)
GROUP BY why_record
ORDER BY why_drop, {% if ranked %}abs({{ ranked }}) DESC, {% endif %}why_line, why_number
LIMIT {limit:UInt64} BY why_drop
