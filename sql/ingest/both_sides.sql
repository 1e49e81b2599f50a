{# The rows of a rollup that come of events as they are to be, and those that come of the same events as they were. #}
SELECT {{ columns }}, true AS `is-latter`
FROM
(
    WITH events AS (SELECT * FROM {{ latter }})
    SELECT * FROM ({{ select }}
    ) AS rollup
) AS a
UNION ALL
SELECT {{ columns }}, false AS `is-latter`
FROM
(
    WITH events AS (SELECT * FROM {{ former }})
    SELECT * FROM ({{ select }}
    ) AS rollup
) AS b
