-- grain: one event day of raw with rows that name an erased person, current ones and others that lie on disk still; `events` are the
--   current ones
-- source: `events` of one shard, beside the list of people
WITH {% include "erase/hashing.sql" %}

SELECT event_date, uniqExactIf((event_id, event_type, ids), is_current) AS events
FROM
(
    WITH {% include "erase/places.sql" %}

    SELECT event_date, event_id, event_type, ids, false AS is_current, {% include "erase/named.sql" %}

    FROM events
    UNION ALL
    WITH {% include "erase/places.sql" %}

    SELECT event_date, event_id, event_type, ids, true AS is_current, {% include "erase/named.sql" %}

    FROM events FINAL
)
WHERE (hashed(named.1), named.2) IN ({{ people }})
GROUP BY event_date
ORDER BY event_date
