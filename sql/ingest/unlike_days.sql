-- grain: one event day on which it takes all events of a group to tell what it comes to: the group may be new or gone; a metric changes that
--   is no sum, or one that has no negative numbers goes down
-- source: the rollup's rows of events as they were and as they are to be, in one order, so that like states are like bytes
SELECT DISTINCT event_date
FROM
(
    SELECT event_date
    FROM
    (
        {% include "ingest/both_sides.sql" %}

    ) AS sides
    GROUP BY {{ dimensions }}
    HAVING NOT
    (
        countIf(`is-latter`) = 1 AND countIf(NOT `is-latter`) = 1
        {% for metric in states %}
        AND uniqExact(CAST({{ metric }} AS String)) = 1
        {% endfor %}
        {% for metric in extremes %}
        AND uniqExact({{ metric }}) = 1
        {% endfor %}
        {% for metric in unsigned %}
        AND sumIf({{ metric }}, `is-latter`) >= sumIf({{ metric }}, NOT `is-latter`)
        {% endfor %}
    )
) AS groups
ORDER BY event_date
SETTINGS max_threads = 1
