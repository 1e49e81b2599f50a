-- grain: one correction that touches a cell, those that change most first
-- source: the contents that events have had (part `changes`)
SELECT * FROM ({{ changes }})
ORDER BY {% if before %}greatest({{ before }}, {{ after }}) - least({{ before }}, {{ after }}) DESC, {% endif %}why_after, why_event_id, why_event_type
LIMIT {limit:UInt64}
