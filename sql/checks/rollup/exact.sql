-- Every rollup row of every kept day equals the recomputation from raw, with no row missing and none too many.
-- severity: error
-- remedy: if the rollup is set apart, fix its SQL file or the data; else `ads backfill ROLLUP --from DAY --to DAY`
-- runs: by shard and days
-- source: the rollup's merged states beside its SELECT over `events FINAL`; a sample names the days
WITH
    events AS (SELECT * FROM {{ database }}.events FINAL WHERE event_date >= {kept_from:Date}
        {% if changed %}AND event_date IN {days:Array(Date)}{% endif %}),
    recomputed AS (SELECT {{ columns }}, {{ merged }} FROM ({{ select }}
    ) AS rollup GROUP BY {{ columns }}),
    stored AS (SELECT {{ columns }}, {{ merged }} FROM {{ table }} AS rollup WHERE event_date >= {kept_from:Date}
        {% if changed %}AND event_date IN {days:Array(Date)}{% endif %} GROUP BY {{ columns }})
SELECT count() AS observed, arrayMap(d -> toString(d), arraySort(groupUniqArray(5)(event_date))) AS sample
FROM
(
    SELECT any(event_date) AS event_date, sum(side) AS balance
    FROM
    (
        SELECT event_date, sipHash128(*) AS row, 1 AS side FROM recomputed
        UNION ALL
        SELECT event_date, sipHash128(*) AS row, -1 AS side FROM stored
    )
    GROUP BY row
    HAVING balance != 0
)
