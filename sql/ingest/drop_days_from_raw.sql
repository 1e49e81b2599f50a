-- grain: one drop and kept event day: how many identities raw holds that the drop brought first, and how many that it gave its content to
--   without that; 0 where it holds none any more
-- source: `events`, each identity once, on the days that the drops were counted on and the days that a batch touches
-- On a day that lacks rows a count does not go down, so that the loss stays known.
-- run again: a higher revision replaces the drop's rows
INSERT INTO drop_days (drop, event_date, accepted, corrected, revision)
SELECT
    drop,
    event_date,
    if(has({lacking:Array(Date)}, event_date), greatest(sum(brought), sum(brought_before)), sum(brought)) AS accepted,
    if(has({lacking:Array(Date)}, event_date), greatest(sum(changed), sum(changed_before)), sum(changed)) AS corrected,
    {revision:UInt64} AS revision
FROM
(
    SELECT part.1 AS drop, event_date, part.2 AS brought, part.3 AS changed, 0 AS brought_before, 0 AS changed_before
    FROM
    (
        -- what a row is to the drop that brought its identity, and to the one that it has its content of
        SELECT
            event_date,
            arrayJoin(if(first = last, [(first, rows, 0)], [(first, rows, 0), (last, 0, rows)])) AS part
        FROM
        (
            SELECT toString(origin) AS first, toString(drop) AS last, event_date, count() AS rows
            FROM events FINAL
            WHERE event_date IN {days:Array(Date)} AND (origin GLOBAL IN ({{ of }}) OR drop GLOBAL IN ({{ of }}))
            GROUP BY first, last, event_date
        )
    )
    WHERE drop IN ({{ of }})
    UNION ALL
    SELECT
        d.drop AS drop, d.event_date AS event_date, 0 AS brought, 0 AS changed,
        d.accepted AS brought_before, coalesce(d.corrected, 0) AS changed_before
    FROM drop_days AS d FINAL
    WHERE d.drop IN ({{ of }}) AND d.event_date IN {days:Array(Date)}
)
GROUP BY drop, event_date
