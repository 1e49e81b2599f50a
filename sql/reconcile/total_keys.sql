-- grain: one row: whether a rollup has a key that a report would give to a row of totals
WITH
{% include "reconcile/totals.sql" %}

SELECT count() > 0
FROM (SELECT DISTINCT {{ keys }} FROM {{ table }})
WHERE {% for key in keys %}is_total(toString({{ key }})){% if not loop.last %} OR {% endif %}{% endfor %}
