-- grain: that of the rollup: its rows from the day `since` on, those before `first` moved on to the days that they are compared with
-- source: a rollup's states, without days in doubt; `is_now` tells the two periods apart
-- run again: the same rows
SELECT *
FROM
(
    SELECT * REPLACE (if(is_now, event_date, event_date + {shift:UInt16}) AS event_date)
    FROM
    (
        SELECT *, event_date >= {first:Date} AS is_now
        FROM {{ table }}
        WHERE event_date NOT IN (SELECT event_date FROM doubtful_days) AND event_date BETWEEN {since:Date} AND {last:Date}
    )
)
{% if filtered %}
WHERE 1
{% for column in filtered %}
    AND toString({{ column }}) IN {values_{{ loop.index0 }}:Array(String)}
{% endfor %}
{% endif %}
