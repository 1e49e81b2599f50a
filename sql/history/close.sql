-- grain: one row of a rollup, of the days that are closed: the statement, from which restatements are counted; or, with `of_day`, the
-- day as a whole, which marks in its history that it was closed
-- source: the rollup, its states merged
-- run again: the statement is that of the last closing before the day counted as closed
INSERT INTO day_totals (name, event_date, keys, batch, metrics, totals, revision)
SELECT
    {name:String}, event_date,
    {% if of_day %}
    CAST([], 'Array(String)') AS keys,
    {% else %}
    [{% for column in dimensions %}toString({{ column }}){% if not loop.last %}, {% endif %}{% endfor %}] AS keys,
    {% endif %}
    {batch:String}, {metrics:Array(String)},
    [{% for function, metric in metrics %}toString({{ function }}({{ metric }})){% if not loop.last %}, {% endif %}{% endfor %}],
    {revision:UInt64}
FROM {{ table }}
WHERE event_date BETWEEN {first:Date} AND {last:Date}
GROUP BY event_date, keys
