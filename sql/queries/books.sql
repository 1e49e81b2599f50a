-- grain: one row: what a run that loads drops asks of the bookkeeping: what its tables were made of when a run last ended, which store was last
--   listed whole (empty: none), and the drops that are not done with
SELECT noted, listed, unfinished
FROM
(
    SELECT groupArray((name, event_date, shard, blocks, mutation, physical_rows)) AS noted
    FROM
    (
        {% include "queries/noted_parts.sql" %}

    ) AS a
) AS b
CROSS JOIN
(
    SELECT any(value) AS listed FROM state FINAL WHERE key = 'listed'
) AS c
CROSS JOIN
(
    SELECT groupArray(drop) AS unfinished
    FROM
    (
        {% include "queries/unfinished_drops.sql" %}

    ) AS d
) AS e
