-- grain: that of the SELECT, whose texts no spreadsheet takes for formulas: those that begin like one get an apostrophe
-- source: the SELECT of a rollup; its order stays
-- run again: the same rows
SELECT
    * REPLACE (
        {% for text in texts %}
        if(match(toString({{ text }}), '^\\s*[=+@\\t\\r-]'), concat('\'', toString({{ text }})), toString({{ text }})) AS {{ text }}{% if not loop.last %},{% endif %}
        {% endfor %}
    )
FROM ({{ select }})
