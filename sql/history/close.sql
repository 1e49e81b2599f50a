-- grain: one row of a rollup, of days that are stated: the statement, from which restatements are counted
-- source: the rollup, its states merged, once as numbers and once as states that can be merged again
-- run again: the rows of another batch; none counts before the table `statements` names it
INSERT INTO day_totals (name, event_date, keys, batch, metrics, totals, states, shape, revision)
SELECT
    {name:String}, event_date,
    [{% for column in dimensions %}toString({{ column }}){% if not loop.last %}, {% endif %}{% endfor %}] AS keys,
    {batch:String}, {metrics:Array(String)},
    [{% for function, metric in metrics %}toString({{ function }}({{ metric }})){% if not loop.last %}, {% endif %}{% endfor %}],
    [{{ states }}],
    {shape:String}, {revision:UInt64}
FROM {{ table }}
WHERE event_date IN {days:Array(Date)}
GROUP BY event_date, keys
