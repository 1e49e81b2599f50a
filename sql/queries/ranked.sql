-- grain: one combination of the dimensions `by` that is shown as a row of its own: the first ones of those with the least volume
-- source: the groups, with what they are ordered by
-- run again: the same rows
SELECT {{ by }}
FROM ({{ groups }})
{% if least %}
WHERE 1
{% for metric in least %}
    AND {{ metric }} >= toDecimal128({least_{{ loop.index0 }}:String}, 9)
{% endfor %}
{% endif %}
ORDER BY {% for column, descending in order %}{{ column }}{% if descending %} DESC{% endif %}{% if not loop.last %}, {% endif %}{% endfor %}

{% if limited %}
LIMIT {limit:UInt64}
{% endif %}
