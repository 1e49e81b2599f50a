{# What stands for part `records` where the rollup's SELECT does more with the day than to group by it: the states of a cell for each of some drops,
and for all others together ('' as their name). #}
{% for place in places %}
SELECT
    tuple({% if place %}{largest:Array(String)}[{{ place }}]{% else %}''{% endif %}, '', '', toUInt64(0), toUInt32(0)) AS why_record, {{ metrics }}
FROM
(
    WITH events AS (SELECT * FROM ({{ rows }}) WHERE indexOf({largest:Array(String)}, toString(drop)) = {{ place }})
    SELECT * FROM ({{ select }}
    ) AS rollup
)
{% for column in filtered %}
{% if loop.first %}WHERE{% else %}AND{% endif %} toString({{ column }}) IN {values_{{ loop.index0 }}:Array(String)}
{% endfor %}
{% if not loop.last %}
UNION ALL
{% endif %}
{% endfor %}
