-- grain: that of the source, each row once for the row (or the rest, `other`) that it is part of, and once for the total
-- source: a rollup's states, whose dimensions are null where they are not of one row; `ranked` has those of the rows
-- run again: the same rows
SELECT
    * REPLACE (
        {% for column in by %}
        if(part = 'row', toNullable({{ column }}), NULL) AS {{ column }}{% if not loop.last %},{% endif %}

        {% endfor %}
    )
FROM
(
    SELECT *, arrayJoin([if({% if ranked %}({{ by }}) GLOBAL IN ({{ ranked }}){% else %}1{% endif %}, 'row', 'other'), 'total']) AS part
    FROM ({{ source }})
)
WHERE part IN {parts:Array(String)}
