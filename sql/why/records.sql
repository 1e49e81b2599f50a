{# The states of a cell for each record that has part in it: the rollup's SELECT over rows (part `rows`), with a tuple, the marks of a record, in
place of the event day, which every rollup groups by. A SELECT that does more with the day than to group by it fails on the tuple. #}
SELECT event_date AS why_record, {{ metrics }}
FROM
(
    WITH events AS (SELECT * REPLACE (tuple({{ marks }}) AS event_date) FROM ({{ rows }}))
    SELECT * FROM ({{ select }}
    ) AS rollup
    SETTINGS max_rows_to_group_by = {{ most }}, group_by_overflow_mode = 'throw'
)
{% for column in filtered %}
{% if loop.first %}WHERE{% else %}AND{% endif %} toString({{ column }}) IN {values_{{ loop.index0 }}:Array(String)}
{% endfor %}
