-- grain: that of the rollup: of closed days its rows as they were stated last, of others its rows
-- source: the rollup, `day_totals` and `statements`
-- run again: the same rows
SELECT {{ columns }} FROM {{ table }} WHERE event_date NOT IN (SELECT event_date FROM ({{ marks }}))
UNION ALL
SELECT {{ stated }}
FROM
(
    SELECT event_date, keys, batch, states, shape
    FROM day_totals FINAL
    WHERE name = {% if fixed %}'{{ fixed }}'{% else %}{name:String}{% endif %} AND notEmpty(keys) AND notEmpty(states)
)
WHERE (event_date, batch) IN (SELECT event_date, statement FROM ({{ marks }}))
    AND throwIf( -- whichever of these conditions is looked at first: rows of earlier statements may have another shape
        (event_date, batch) IN (SELECT event_date, statement FROM ({{ marks }}))
            AND shape != {% if fixed %}'{{ shape }}'{% else %}{shape:String}{% endif %},
        'the rollup has had another SELECT when days were stated: `ads restate` states them anew'
    ) = 0
