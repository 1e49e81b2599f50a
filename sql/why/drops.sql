-- grain: one drop that has part in a cell, those with most of it first
-- source: the cell's records (part `records`)
SELECT why_record.1 AS why_drop, uniqExact(why_record) AS why_records, {{ merged }}
FROM ({{ records }})
GROUP BY why_drop
ORDER BY {% if ranked %}abs({{ ranked }}) DESC, {% endif %}why_records DESC, why_drop
LIMIT {limit:UInt64}
