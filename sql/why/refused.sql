-- grain: one set of reasons: the lines held in quarantine whose record would have part in a cell, with what it would add
-- source: the cell's records of these lines (part `records`), read as far as they can be
SELECT why_record.1 AS why_reasons, uniqExact(why_record) AS why_records, uniqExact(why_record.2) AS why_drops,
    min((why_record.2, why_record.3)) AS why_first, {{ merged }}
FROM ({{ records }})
GROUP BY why_reasons
ORDER BY why_records DESC, why_reasons
LIMIT {limit:UInt64}
