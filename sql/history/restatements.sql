-- grain: one change of a row of a closed day: what stood before, and since; `is_applied`: it is in the last statement of the day
-- source: the totals kept since the day was closed; a row that the statement has not begins with nothing
SELECT event_date, keys, settled_at, batch, drops, named AS metrics, before, totals, revision < stated_at AS is_applied
FROM
(
    SELECT
        event_date, keys, settled_at, batch, drops, revision, totals, stated_at, if(empty(metrics), metrics_before, metrics) AS named,
        lagInFrame(totals) OVER in_order AS before, lagInFrame(metrics) OVER in_order AS metrics_before
    FROM
    (
        SELECT kept.*, marked.closing AS closing, marked.stated_at AS stated_at
        FROM
        (
            SELECT event_date, keys, settled_at, batch, drops, revision, totals, metrics
            FROM day_totals FINAL
            WHERE name = {name:String} AND event_date BETWEEN {first:Date} AND {last:Date} AND length(keys) = {dimensions:UInt32}
                AND NOT startsWith(batch, 'restate-')
        ) AS kept
        INNER JOIN ({{ marks }}) AS marked ON marked.event_date = kept.event_date
        WHERE batch = closing OR (revision > closed_at AND NOT startsWith(batch, 'close-'))
    )
    WINDOW in_order AS (PARTITION BY event_date, keys ORDER BY revision ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
)
WHERE NOT startsWith(batch, 'close-')
{% for place in places %}
    AND keys[{{ place }}] IN {values_{{ loop.index0 }}:Array(String)}
{% endfor %}
ORDER BY event_date, revision, keys
LIMIT {limit:UInt64}
