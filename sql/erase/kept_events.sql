-- grain: one event of an event day, its current row, without those that name an erased person
-- source: `events` of one shard; the result takes the day's place
-- run again: never: the table is made anew
INSERT INTO {{ target }}
SELECT *
FROM events FINAL
WHERE event_date = {day:Date} AND {{ fence }} AND (event_id, event_type, ids) NOT IN
(
    WITH {% include "erase/hashing.sql" %}

    SELECT event_id, event_type, ids
    FROM (WITH {% include "erase/places.sql" %} SELECT event_id, event_type, ids, {% include "erase/named.sql" %} FROM events FINAL WHERE event_date = {day:Date})
    WHERE (hashed(named.1), named.2) IN ({{ people }})
)
SETTINGS optimize_on_insert = 0
