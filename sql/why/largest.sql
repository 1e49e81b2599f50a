-- grain: one drop with events of a day, those with most first; how many drops there are
-- source: `events`, each identity once
SELECT toString(drop) AS why_drop, count() OVER () AS why_drops
FROM {{ database }}.events FINAL
WHERE event_date = {day:Date}
GROUP BY why_drop
ORDER BY count() DESC, why_drop
LIMIT {limit:UInt64}
