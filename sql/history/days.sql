-- grain: one change of an event day of a rollup, in the order of settling
SELECT settled_at, batch, drops, metrics, totals, revision
FROM day_totals FINAL
WHERE name = {name:String} AND event_date = {day:Date} AND empty(keys)
ORDER BY revision
