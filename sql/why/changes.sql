{# Each correction that touches a cell: the record whose content gave way, the one that took its place, and what both add to the cell: 0 of
contents that belong to another one. #}
SELECT
    c.event_id AS why_event_id, c.event_type AS why_event_type,
    c.before AS why_before, c.after AS why_after,
    {% for metric, before, after in metrics %}
    b.{{ metric }} AS {{ before }}, a.{{ metric }} AS {{ after }}{% if not loop.last %},{% endif %}

    {% endfor %}
FROM
(
    SELECT
        event_id, event_type, ids,
        lagInFrame((drop, line_number, record)) OVER of_event AS before,
        (drop, line_number, record) AS after,
        row_number() OVER of_event AS place
    FROM
    (
        SELECT event_id, toString(event_type) AS event_type, toString(ids) AS ids, toString(drop) AS drop, line_number, record, position
        FROM ({{ rows }})
    )
    WINDOW of_event AS
    (
        PARTITION BY event_id, event_type, ids ORDER BY position, drop, line_number, record
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    )
) AS c
LEFT JOIN (SELECT why_record, 1 AS is_in, {{ merged }} FROM ({{ records }}) GROUP BY why_record) AS b
    ON tuple(c.event_id, c.event_type, c.ids, c.before.1, c.before.2, c.before.3) = b.why_record
LEFT JOIN (SELECT why_record, 1 AS is_in, {{ merged }} FROM ({{ records }}) GROUP BY why_record) AS a
    ON tuple(c.event_id, c.event_type, c.ids, c.after.1, c.after.2, c.after.3) = a.why_record
WHERE c.place > 1 AND (b.is_in OR a.is_in)
