-- grain: one row: what a run asks of the bookkeeping before it begins: the days that stand unsettled, the parts that tables were made of when
--   their days were settled, and the newest event day from {reached} to before {before} that ever had an event
SELECT unsettled, noted, newest
FROM
(
    SELECT groupArray((batch, event_date)) AS unsettled
    FROM
    (
        {% include "queries/unsettled.sql" %}

    ) AS a
) AS b
CROSS JOIN
(
    SELECT groupArray((name, event_date, shard, blocks, mutation, physical_rows)) AS noted
    FROM
    (
        {% include "queries/noted_parts.sql" %}

    ) AS c
) AS d
CROSS JOIN
(
    {% include "queries/newest_day_before.sql" %}

) AS e
