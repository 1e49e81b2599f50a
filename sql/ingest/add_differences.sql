-- grain: one group of the rollup of which a sum changes: by how much. What changes is all that is added; a state that is left out is empty
-- source: the rollup's rows of events as they were and as they are to be, on days that `unlike_days` does not name
-- run again: never: a run that died here leaves its days noted, and they are rebuilt from raw
INSERT INTO {{ rollup }}
    ({{ dimensions }}{% for metric in sums %}, {{ metric }}{% endfor %}{% for metric in extremes %}, {{ metric }}{% endfor %})
SELECT
    {{ dimensions }}{% for metric in sums %},
    sumIf({{ metric }}, `is-latter`) - sumIf({{ metric }}, NOT `is-latter`){% endfor %}{% for metric in extremes %},
    any({{ metric }}){% endfor %}

FROM
(
    {% include "ingest/both_sides.sql" %}

) AS sides
WHERE event_date IN {days:Array(Date)} AND {{ fence }}
GROUP BY {{ dimensions }}
HAVING false
{% for metric in sums %}
    OR sumIf({{ metric }}, `is-latter`) != sumIf({{ metric }}, NOT `is-latter`)
{% endfor %}
