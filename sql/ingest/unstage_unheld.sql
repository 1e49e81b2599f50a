-- Takes back the records of replayed lines that quarantine does not hold: those that were loaded, or that people did not choose. Of a line
-- that was refused as a whole, or as its only record, all records stay.
-- source: the shard's part of a table of the batch's records ({{ drop_column }} says there in which drop one stands), beside quarantine, which stands in
--   the database of the whole
-- run again: no change
ALTER TABLE {{ table }} DELETE WHERE ({{ drop_column }}, line_number, record) NOT IN
(
    SELECT b.{{ drop_column }}, q.line_number, q.record
    FROM
    (
        SELECT drop, line_number, record
        FROM {{ database }}.quarantine FINAL
        {% include "queries/quarantine_where.sql" %}

    ) AS q
    INNER JOIN {{ batch }} AS b ON q.drop = b.drop
)
AND ({{ drop_column }}, line_number) NOT IN
(
    SELECT b.{{ drop_column }}, q.line_number
    FROM
    (
        SELECT drop, line_number
        FROM {{ database }}.quarantine FINAL
        {% include "queries/quarantine_where.sql" %}

            AND record = 0
    ) AS q
    INNER JOIN {{ batch }} AS b ON q.drop = b.drop
)
