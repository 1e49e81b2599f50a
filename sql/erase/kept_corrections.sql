-- grain: one content that a corrected event of a day has had, without the events of which any content names an erased person
-- source: `corrections`; the result takes the day's place
-- run again: never: the table is made anew
INSERT INTO {{ target }}
SELECT *
FROM corrections FINAL
WHERE event_date = {day:Date} AND (event_id, event_type, ids) NOT IN
(
    WITH {% include "erase/hashing.sql" %}

    SELECT event_id, event_type, ids
    FROM (WITH {% include "erase/places.sql" %} SELECT event_id, event_type, ids, {% include "erase/named.sql" %} FROM corrections WHERE event_date = {day:Date})
    WHERE (hashed(named.1), named.2) IN ({{ people }})
)
