-- grain: one row: what a reader of rollups has to know first: every fact about the database (unless this user may not read them), the event
--   days that answers leave out, and the state of each rollup table
-- source: the bookkeeping in {{ books }}, of which every node has all rows; the tables of the database in use
SELECT {% if noted %}facts, {% endif %}left_out, states
FROM
(
    SELECT groupArray(event_date) AS left_out FROM {{ books }}.doubtful_days
) AS a
CROSS JOIN
(
    SELECT groupArray((table, first_day, last_day, changed_at, version)) AS states
    FROM
    (
        {% include "queries/rollup_state.sql" %}

    ) AS b
) AS c
{% if noted %}
CROSS JOIN
(
    SELECT groupArray((key, value)) AS facts FROM {{ books }}.state FINAL WHERE value != ''
) AS d
{% endif %}
