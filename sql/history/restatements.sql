-- grain: one change of a row of a closed day: what stood before, and since
-- source: the totals kept since the day was closed; a row that the statement has not begins with nothing
SELECT event_date, keys, settled_at, batch, drops, named AS metrics, before, totals
FROM
(
    SELECT
        event_date, keys, settled_at, batch, drops, revision, totals, if(empty(metrics), metrics_before, metrics) AS named,
        lagInFrame(totals) OVER in_order AS before, lagInFrame(metrics) OVER in_order AS metrics_before
    FROM
    (
        SELECT *, maxIf(revision, startsWith(batch, 'close-')) OVER (PARTITION BY event_date) AS closed
        FROM day_totals FINAL
        WHERE name = {name:String} AND event_date BETWEEN {first:Date} AND {last:Date} AND notEmpty(keys)
    )
    WHERE revision >= closed
    WINDOW in_order AS (PARTITION BY event_date, keys ORDER BY revision ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
)
WHERE NOT startsWith(batch, 'close-') AND length(keys) = {dimensions:UInt32}
{% for place in places %}
    AND keys[{{ place }}] IN {values_{{ loop.index0 }}:Array(String)}
{% endfor %}
ORDER BY event_date, revision, keys
LIMIT {limit:UInt64}
