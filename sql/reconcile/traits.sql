-- grain: one event day, key that differs beyond the tolerance (of all that agree together: is_off = 0, no keys), and trait of events (see part
--   `traits_events`): the amounts of these events
-- source: the rollup's SELECT over the events held (part `effect`), beside what is compared
SELECT day AS event_date, is_off, if(is_off, keys, []) AS keys, trait, sumForEach(amounts) AS amounts
FROM
(
    SELECT
        {base:Date} + intDiv(toUInt16(place), 32) AS day,
        keys,
        toUInt16(place) % 32 AS trait,
        amounts,
        (day, keys) IN (SELECT event_date, keys FROM ({{ compared }}) WHERE beyond) AS is_off
    FROM ({{ effect }})
)
WHERE trait > 0
GROUP BY event_date, is_off, keys, trait
