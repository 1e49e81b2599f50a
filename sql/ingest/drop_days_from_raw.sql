-- grain: one drop and kept event day: how many identities raw holds that the drop brought first; 0 where it holds none any more
-- source: `events`, each identity once, on the days that the drops were counted on and the days that a batch touches
-- On a day that lacks rows a count does not go down, so that the loss stays known.
-- run again: a higher revision replaces the drop's rows
INSERT INTO drop_days (drop, event_date, accepted, revision)
SELECT
    drop, event_date, if(has({lacking:Array(Date)}, event_date), greatest(sum(held), sum(before)), sum(held)) AS accepted,
    {revision:UInt64} AS revision
FROM
(
    SELECT toString(origin) AS drop, event_date, count() AS held, 0 AS before
    FROM events FINAL
    WHERE event_date IN {days:Array(Date)} AND origin GLOBAL IN ({{ of }})
    GROUP BY drop, event_date
    UNION ALL
    SELECT d.drop AS drop, d.event_date AS event_date, 0 AS held, d.accepted AS before
    FROM drop_days AS d FINAL
    WHERE d.drop IN ({{ of }}) AND d.event_date IN {days:Array(Date)}
)
GROUP BY drop, event_date
