-- grain: one event day of a rollup, and each row of it if the day is closed, whose totals are not those that were kept last
-- source: the rollup, its states merged; the drops that the batch has entered into the ledger, some of them by name
-- parameters: name: that of the rollup; names: those of its metrics
-- run again: no row, since nothing has changed
INSERT INTO day_totals (name, event_date, keys, batch, drops, metrics, totals, revision)
SELECT
    {name:String}, event_date, keys, {batch:String},
    (SELECT groupArray(drop) FROM (SELECT DISTINCT drop FROM drops WHERE batch = {batch:String} ORDER BY drop LIMIT 10)),
    anyIf(named, is_present) AS metrics, anyIf(figures, is_present) AS totals, {revision:UInt64}
FROM
(
    SELECT
        event_date, CAST([], 'Array(String)') AS keys, true AS is_present, {names:Array(String)} AS named,
        [{% for function, metric in metrics %}toString({{ function }}({{ metric }})){% if not loop.last %}, {% endif %}{% endfor %}] AS figures
    FROM {{ rollup }} WHERE event_date IN {days:Array(Date)} GROUP BY event_date
    UNION ALL
    SELECT
        event_date, [{% for column in dimensions %}toString({{ column }}){% if not loop.last %}, {% endif %}{% endfor %}] AS keys,
        true AS is_present, {names:Array(String)} AS named,
        [{% for function, metric in metrics %}toString({{ function }}({{ metric }})){% if not loop.last %}, {% endif %}{% endfor %}] AS figures
    FROM {{ rollup }}
    WHERE event_date IN {days:Array(Date)} AND event_date <= (SELECT max(last) FROM statements WHERE name = {name:String})
    GROUP BY event_date, keys
    UNION ALL
    SELECT event_date, keys, false AS is_present, argMax(metrics, revision) AS named, argMax(totals, revision) AS figures
    FROM day_totals
    WHERE event_date IN {days:Array(Date)} AND name = {name:String}
    GROUP BY event_date, keys
)
GROUP BY event_date, keys
HAVING (metrics, totals) != (anyIf(named, NOT is_present), anyIf(figures, NOT is_present))
