-- grain: one time that an event day of a rollup was stated
-- source: `statements`
SELECT stated_at, batch, revision FROM statements FINAL
WHERE name = {name:String} AND {day:Date} BETWEEN first AND last
ORDER BY revision
