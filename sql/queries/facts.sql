-- grain: one row: every fact about the database, and the migrations applied
SELECT facts, applied
FROM
(
    SELECT groupArray((key, value)) AS facts
    FROM
    (
        {% include "queries/state.sql" %}

    ) AS a
) AS b
CROSS JOIN
(
    SELECT groupArray((version, name, checksum)) AS applied
    FROM
    (
        {% include "migrations/applied.sql" %}

    ) AS c
) AS d
