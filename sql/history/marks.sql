{# Each stated day of a rollup: the batch of its closing, that of its last statement, and their revisions.
   A view, which has no parameters, has the rollup's name in its text. #}
SELECT
    toDate(day) AS event_date, argMin(batch, revision) AS closing, min(revision) AS closed_at, argMax(batch, revision) AS statement,
    max(revision) AS stated_at
FROM
(
    SELECT arrayJoin(range(toUInt32(first), toUInt32(last) + 1)) AS day, batch, revision
    FROM statements
    WHERE name = {% if fixed %}'{{ fixed }}'{% else %}{name:String}{% endif %}

)
GROUP BY day
