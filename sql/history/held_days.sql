-- grain: one closed event day of which rows have changed since it was stated last, or whose statement is of another SELECT of the rollup
-- source: the totals kept since, and the statement's shape
SELECT event_date
FROM day_totals AS kept
INNER JOIN ({{ marks }}) AS marked ON marked.event_date = kept.event_date
WHERE name = {name:String} AND kept.event_date BETWEEN {first:Date} AND {last:Date} AND notEmpty(keys)
    AND (revision > stated_at OR (batch = statement AND shape != {shape:String}))
GROUP BY event_date
ORDER BY event_date
