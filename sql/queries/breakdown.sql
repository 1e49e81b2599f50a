-- grain: one row for each combination of the dimensions `by` and, if they are asked for, one for all others and one for the total
-- source: a rollup's states of one period or two, merged; a ratio is of merged values
-- run again: the same rows
SELECT {{ columns }}
FROM
(
    SELECT {% if keys %}{{ keys }}, {% endif %}{{ merged }}
    FROM ({{ source }}) AS rollup
    {% if keys %}
    GROUP BY {{ keys }}
    {% endif %}
)
{% if order %}
ORDER BY {% if parted %}indexOf(['row', 'other', 'total'], part), {% endif %}
{% for column, descending in order %}{{ column }}{% if descending %} DESC{% endif %}{% if not loop.last %}, {% endif %}{% endfor %}

{% endif %}
