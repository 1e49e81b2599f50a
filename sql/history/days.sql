-- grain: one change of an event day of a rollup, and each time that it was closed, in the order of settling
-- source: totals of the day as a whole; those of a closing that was not finished are left out
SELECT settled_at, batch, drops, metrics, totals
FROM day_totals FINAL
WHERE name = {name:String} AND event_date = {day:Date} AND empty(keys)
    AND NOT (startsWith(batch, 'close-') AND event_date > (SELECT max(toDateOrZero(value)) FROM state FINAL WHERE key = 'closed_to'))
ORDER BY revision
