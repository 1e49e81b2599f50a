-- grain: that of the rollup: of closed days its rows as they were stated last, of others its rows
-- source: the rollup, `day_totals` and `statements`
-- run again: the same rows
SELECT {{ columns }} FROM {{ table }} WHERE event_date NOT IN (SELECT event_date FROM ({{ marks }}))
UNION ALL
SELECT {{ stated }}
FROM (SELECT * FROM day_totals FINAL WHERE name = {name:String} AND notEmpty(keys) AND notEmpty(states))
WHERE (event_date, batch) IN (SELECT event_date, statement FROM ({{ marks }}))
    AND throwIf( -- whichever of these conditions is looked at first: rows of earlier statements may have another shape
        (event_date, batch) IN (SELECT event_date, statement FROM ({{ marks }})) AND shape != {shape:String},
        'the rollup has had another SELECT when days were stated: `ads restate` states them anew'
    ) = 0
