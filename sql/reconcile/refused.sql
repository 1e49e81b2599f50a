-- grain: one event day and key that differs beyond the tolerance, and set of reasons: the amounts of the lines that quarantine holds
-- source: the rollup's SELECT over these lines (part `effect`), beside what is compared
SELECT day AS event_date, keys, arrayElement({because:Array(String)}, place_of_reasons) AS because, amounts
FROM
(
    SELECT {base:Date} + intDiv(toUInt16(place), 64) AS day, keys, toUInt16(place) % 64 AS place_of_reasons, amounts
    FROM ({{ effect }})
)
WHERE (day, keys) IN (SELECT event_date, keys FROM ({{ compared }}) WHERE beyond)
