{# The amounts of a rollup over other events than its own (part `events`), by the keys that are compared. The events' `event_date`, here
`place`, may stand for more than a day: what the SELECT of the rollup groups by stays apart. #}
SELECT
    event_date AS place,
    CAST([{% for key in keys %}toString({{ key }}){% if not loop.last %}, {% endif %}{% endfor %}], 'Array(String)') AS keys,
    [{% for metric in metrics %}toDecimal128({{ metric }}, 12){% if not loop.last %}, {% endif %}{% endfor %}] AS amounts
FROM
(
    SELECT {{ merged }}
    FROM
    (
        WITH events AS ({{ events }})
        SELECT * FROM ({{ select }}) AS rollup
        {% for column in filtered %}
        {% if loop.first %}WHERE{% else %}AND{% endif %} toString({{ column }}) IN {values_{{ loop.index0 }}:Array(String)}
        {% endfor %}
    )
    GROUP BY {{ by }}
)
