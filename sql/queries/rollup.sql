-- grain: one row for each combination of the dimensions `by`; without any, one row of totals
-- source: a rollup, its states merged; a ratio is of merged values; days in doubt are left out, unless one day is asked for
SELECT {{ columns }}
FROM (SELECT {{ merged }} FROM {{ table }} AS rollup
    {% if of_day %}
    WHERE event_date = {day:Date}
    {% else %}
    WHERE event_date NOT IN (SELECT event_date FROM doubtful_days)
    {% endif %}
    {% if in_range %}
    AND event_date BETWEEN {first:Date} AND {last:Date}
    {% endif %}
    {% for column in filtered %}
    AND toString({{ column }}) IN {values_{{ loop.index0 }}:Array(String)}
    {% endfor %}
    {% if by %}
    GROUP BY {{ by }}
    {%- endif %}
)
{% if order %}
ORDER BY {% for column, descending in order %}{{ column }}{% if descending %} DESC{% endif %}{% if not loop.last %}, {% endif %}{% endfor %}

{% endif %}
{% if limited %}
LIMIT {limit:UInt64}
{% endif %}
